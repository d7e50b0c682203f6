using System.Globalization;
using System.Text;
using Confluent.Kafka;
using StreamScoring.Batches;
using StreamScoring.Contracts;
using StreamScoring.Logs;

namespace StreamScoring.Kafka;

/// <summary>
/// What a batch's records look like on Kafka: payments partition p is answered in partition p, and
/// headers say which position of which log a record answers.
/// </summary>
internal sealed class OutgoingRecords
{
    private readonly int[] _partitionOf;
    private readonly TopicPartition[] _targets;
    private readonly bool _namesInline;

    /// <summary>By log index.</summary>
    private readonly (byte[] Region, byte[] Topic, byte[] Partition, byte[] TopicId)[] _headers;
    private readonly (byte[] Before, byte[] Behind)[] _sources;

    public OutgoingRecords(KafkaDecisionSinkOptions options, LogTable logs)
    {
        _namesInline = options.NamesInline;
        _partitionOf = [.. Enumerable.Range(0, logs.Count).Select(logs.OwnedWith)];
        _targets = [.. Enumerable.Range(0, logs.PartitionCount).SelectMany(partition =>
            new[] { new TopicPartition(options.Decisions, partition), new TopicPartition(options.DeadLetters, partition) })];
        _headers = [.. Enumerable.Range(0, logs.Count).Select(logIndex => (
            Encoding.UTF8.GetBytes(logs[logIndex].Region), Encoding.UTF8.GetBytes(logs[logIndex].Topic),
            Encoding.UTF8.GetBytes(logs[logIndex].Partition.ToString(CultureInfo.InvariantCulture)),
            Encoding.UTF8.GetBytes(logs.TopicIdOf(logIndex) ?? "")))];
        _sources = [.. Enumerable.Range(0, logs.Count).Select(logIndex => SourceOf(logs, logIndex))];
    }

    /// <summary>
    /// What stands in the header <c>source</c> before a record's offset, and behind it.
    /// </summary>
    public static (byte[] Before, byte[] Behind) SourceOf(LogTable logs, int logIndex) =>
        (SourceHeader.Before(logs[logIndex].Region, logs[logIndex].Topic, logs[logIndex].Partition), SourceHeader.Behind(logs.TopicIdOf(logIndex)));

    /// <summary>By target: a partition of decisions or dead letters.</summary>
    public IReadOnlyList<TopicPartition> Targets => _targets;

    /// <summary>Index of the target that the record goes to.</summary>
    public int TargetOf(PaymentBatch batch, in EncodedRecord record) => (2 * _partitionOf[batch.LogIndex[record.RowIndex]]) + (record.IsDeadLetter ? 1 : 0);

    /// <summary>The record, with copies of the batch's bytes.</summary>
    public Message<byte[]?, byte[]> MessageOf(PaymentBatch batch, in EncodedRecord record)
    {
        var message = new Message<byte[]?, byte[]>
        {
            Key = record.KeyLength == 0 ? null : batch.Bytes.AsSpan(record.KeyStart, record.KeyLength).ToArray(),
            Value = batch.Encoded.Buffer.Written.Slice(record.ValueStart, record.ValueLength).ToArray(),
            Headers = HeadersOf(batch.LogIndex[record.RowIndex], batch.Offset[record.RowIndex]),
        };
        if (record.CarriesVector)
        {
            message.Headers.Add(RecordHeaders.Vector, batch.Encoded.Vector.ToArray());
        }

        return message;
    }

    private Headers HeadersOf(int logIndex, long offset)
    {
        if (_namesInline)
        {
            var headers = _headers[logIndex];
            return
            [
                new Header(RecordHeaders.Region, headers.Region),
                new Header(RecordHeaders.Topic, headers.Topic),
                new Header(RecordHeaders.Partition, headers.Partition),
                new Header(RecordHeaders.Offset, Encoding.UTF8.GetBytes(offset.ToString(CultureInfo.InvariantCulture))),
                new Header(RecordHeaders.TopicId, headers.TopicId),
            ];
        }

        var (before, behind) = _sources[logIndex];
        var source = new byte[before.Length + SourceHeader.OffsetBytesMax + behind.Length];
        return [new Header(RecordHeaders.Source, source.AsSpan(0, SourceHeader.Write(source, before, offset, behind)).ToArray())];
    }
}
