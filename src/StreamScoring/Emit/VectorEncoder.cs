using System.Buffers;
using MessagePack;
using StreamScoring.Batches;
using StreamScoring.Contracts;
using StreamScoring.Logs;

namespace StreamScoring.Emit;

/// <summary>
/// Writes a batch's vector in the form of <see cref="BatchVector"/>, once per batch and without
/// allocating.
/// </summary>
internal sealed class VectorEncoder
{
    private readonly (byte[] Name, int First, int Count)[] _topics;
    private readonly int[] _partitions;
    private readonly int[] _taken;
    private readonly long[] _first;

    public VectorEncoder(LogTable logs)
    {
        // The log table is sorted by region and topic, so that a topic's logs stand together.
        _topics = [.. Enumerable.Range(0, logs.Count)
            .GroupBy(logIndex => (logs[logIndex].Region, logs[logIndex].Topic))
            .Select(topic => (Name: $"{topic.Key.Region}/{topic.Key.Topic}", Logs: topic.ToList()))
            .Select(topic => (System.Text.Encoding.UTF8.GetBytes(topic.Name), topic.Logs[0], topic.Logs.Count))];
        _partitions = [.. Enumerable.Range(0, logs.Count).Select(logIndex => logs[logIndex].Partition)];
        _taken = new int[logs.Count];
        _first = new long[logs.Count];
    }

    public void Encode(PaymentBatch batch, IBufferWriter<byte> output)
    {
        Invariant.Require(batch.VectorBefore.Length == _taken.Length);
        Array.Clear(_taken);
        for (var rowIndex = 0; rowIndex < batch.RowCount; rowIndex++)
        {
            if (_taken[batch.LogIndex[rowIndex]]++ == 0)
            {
                _first[batch.LogIndex[rowIndex]] = batch.Offset[rowIndex];
            }
        }

        var writer = new MessagePackWriter(output);
        writer.WriteArrayHeader(1 + _topics.Length);
        writer.Write(BatchVector.Version);
        foreach (var (name, first, count) in _topics)
        {
            writer.WriteArrayHeader(1 + (4 * count));
            writer.WriteString(name);
            var before = 0L;
            for (var logIndex = first; logIndex < first + count; logIndex++)
            {
                var next = batch.VectorBefore[logIndex];
                writer.Write(_partitions[logIndex]);
                writer.Write(next - before);
                writer.Write(_taken[logIndex]);
                // Offsets may have gaps, so the first one taken may also lie behind the next; that
                // says nothing.
                writer.Write(_taken[logIndex] == 0 ? 0 : Math.Min(0, _first[logIndex] - next));
                before = next;
            }
        }

        writer.Flush();
    }
}
