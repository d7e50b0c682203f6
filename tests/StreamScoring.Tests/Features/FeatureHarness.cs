using System.Buffers;
using MessagePack;
using StreamScoring.Batches;
using StreamScoring.Configuration;
using StreamScoring.Contracts;
using StreamScoring.Features;
using StreamScoring.Ingest;
using StreamScoring.State;

namespace StreamScoring.Tests.Features;

/// <summary>
/// Folds payments and labels through decoder and state, in batches of any size, and collects the
/// features of the payments.
/// </summary>
/// <param name="only">Computed alone, with what it looks at.</param>
/// <param name="clockBlockRecords">1: each record moves its log's clock, so that few records say
/// what many would.</param>
internal sealed class FeatureHarness(string yaml, int batchRows = 64, long bytesMax = FeatureEngine.StateBytesMaxDefault, int clockBlockRecords = 1, string? only = null)
{
    private readonly FeatureFile _file = only is null ? FeatureFiles.Parse("features.yaml", yaml) : FeatureFiles.Parse("features.yaml", yaml).Only([only]);
    private readonly Dictionary<int, long> _next = [];
    private FoldedState? _state;

    /// <summary>Which records are decided; the others are folded alone, as of another region.
    /// </summary>
    public Func<object, bool> Decides { get; set; } = _ => true;

    public FeatureSchema Schema => _file.Schema;

    public FeatureFile File => _file;

    public FoldedState State => _state ??= new FoldedState(_file, TestBatch.Logs, IdempotencyOptions.Default, bytesMax, clockBlockRecords) { Rates = FeatureCases.Rates };

    /// <summary>
    /// For each payment folded so far, by feature: how far it may be off, 0 where it is exact, NaN
    /// where that is not known.
    /// </summary>
    public List<double[]> Bounds { get; } = [];

    /// <summary>
    /// For each payment folded so far, the offset of the record that published it first; null where
    /// it was none that came again.
    /// </summary>
    public List<long?> FirstOffsets { get; } = [];

    /// <summary>
    /// For each payment folded so far, the offset of a record of another payment that had its id;
    /// null where none had.
    /// </summary>
    public List<long?> Conflicts { get; } = [];

    /// <summary>The watermark after the newest batch.</summary>
    public long LastWatermarkMs { get; private set; } = long.MinValue;

    public FeatureEngine Engine => State.Features;

    /// <summary>Folds records at the next offsets of their logs.</summary>
    /// <param name="betweenBatches">Called after each batch.</param>
    /// <returns>One array of features per payment, in the order of the events.</returns>
    public List<double[]> Fold(IEnumerable<object> events, Action? betweenBatches = null) =>
        FoldAt(events.Select(item => (LogOf(item), NextOffset(LogOf(item)), item)), betweenBatches);

    /// <param name="approximate">For each payment, whether its features are flagged as
    /// approximate.</param>
    public List<double[]> Fold(IEnumerable<object> events, out List<bool> approximate)
    {
        var flags = approximate = [];
        return FoldAt(events.Select(item => (LogOf(item), NextOffset(LogOf(item)), item)), null, flags);
    }

    /// <summary>Folds records at given positions.</summary>
    public List<double[]> FoldAt(IEnumerable<(int Log, long Offset, object Record)> records, Action? betweenBatches = null, List<bool>? approximate = null)
    {
        var decoder = new RecordDecoder(_file.Layout, new IngestLimits { EventTimeFloorMs = 0 }, TestBatch.Logs);
        var results = new List<double[]>();
        // Each record is a little newer than the one before it, so that they are folded in their
        // order.
        var timestampMs = TestBatch.LogTimestampMs + State.Vector.ToArray().Sum();
        foreach (var chunk in records.Chunk(batchRows))
        {
            var batch = new PaymentBatch(_file.Layout, chunk.Length, 1024);
            foreach (var (log, offset, record) in chunk)
            {
                batch.Append(log, offset, timestampMs++, decide: Decides(record), Encode(record), int.MaxValue);
            }

            decoder.Decode(batch);
            Assert.All(Enumerable.Range(0, batch.RowCount), row => Assert.Equal(RejectReason.None, batch.Rejection[row].Reason));
            State.Enrich(batch);
            LastWatermarkMs = batch.WatermarkMs[batch.RowCount - 1];
            foreach (var row in batch.DecideRows.Take(batch.DecideCount))
            {
                Bounds.Add([.. Enumerable.Range(0, Schema.Names.Count).Select(feature => batch.IsApproximate[row] ? batch.Bounds.Column(feature)[row] : 0)]);
                FirstOffsets.Add(batch.IsDuplicate[row] ? batch.FirstOffset[row] : null);
                Conflicts.Add(batch.IsConflicting[row] ? batch.ConflictOffset[row] : null);
                approximate?.Add(batch.IsApproximate[row]);
                results.Add([.. Enumerable.Range(0, Schema.Names.Count).Select(feature => batch.Features.Column(feature)[row])]);
            }

            betweenBatches?.Invoke();
        }

        return results;
    }

    private static int LogOf(object record) => record is Label ? TestBatch.Labels : TestBatch.Payments;

    private long NextOffset(int log)
    {
        var offset = _next.GetValueOrDefault(log, (int)State.Vector[log]);
        _next[log] = offset + 1;
        return offset;
    }

    private static byte[] Encode(object record)
    {
        var buffer = new ArrayBufferWriter<byte>();
        var writer = new MessagePackWriter(buffer);
        if (record is Payment payment)
        {
            PaymentMessagePack.Write(ref writer, payment);
        }
        else
        {
            PaymentMessagePack.Write(ref writer, (Label)record);
        }

        writer.Flush();
        return buffer.WrittenSpan.ToArray();
    }
}
