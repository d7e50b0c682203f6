using StreamScoring.Batches;
using StreamScoring.Contracts;
using StreamScoring.Expressions;
using StreamScoring.Ingest;
using StreamScoring.Logs;
using StreamScoring.State;

namespace StreamScoring.Simulation;

/// <summary>
/// States folded from the logs' beginnings, one log after the other, by nobody who ever failed.
/// </summary>
internal sealed class FreshFold(SimulationContext context)
{
    private readonly RecordDecoder _decoder = new(context.Features.Layout, new IngestLimits { RecordBytesMax = 4096 }, context.Cluster.Logs);
    private readonly RateSchedule _rates = SimulatedPolicy.ScheduleOf(context);
    private readonly PaymentBatch _batch = new(context.Features.Layout, 64, 4096);

    /// <param name="vector">By log index: the offset to stop before.</param>
    public FoldedState UpTo(ReadOnlySpan<long> vector) => UpTo(vector, Enumerable.Range(0, vector.Length));

    private FoldedState UpTo(ReadOnlySpan<long> vector, IEnumerable<int> order)
    {
        var state = new FoldedState(
            context.Features, context.Cluster.Logs, context.Idempotency, clockBlockRecords: SimulationContext.ClockBlockRecords, slotSeed: 1)
        {
            Rates = _rates,
        };
        foreach (var logIndex in order)
        {
            for (var offset = 0L; offset < vector[logIndex]; offset += _batch.RowsMax)
            {
                Fold(state, Enumerable.Range(0, (int)Math.Min(_batch.RowsMax, vector[logIndex] - offset)).Select(i => (logIndex, offset + i)), decide: (-1, -1));
            }
        }

        return state;
    }

    /// <summary>
    /// The features of one payment of a batch, from the logs and the batch's vector; and by how
    /// much each may be off, NaN where that is not known.
    /// </summary>
    /// <param name="isDuplicate">
    /// Of two copies in two logs, that the state both held when one was read again, which one
    /// counted as the first depends on which came first. The decision says so.
    /// </param>
    public (double[] Features, double[] Bounds) Derive(IReadOnlyList<BatchVector.Entry> vector, LogId source, long offset, bool isDuplicate)
    {
        var logs = context.Cluster.Logs;
        var next = new long[logs.Count];
        var queues = new List<(int LogIndex, long Next, long End)>();
        foreach (var entry in vector)
        {
            var logIndex = logs.IndexOf(new LogId(entry.Region, entry.Topic, entry.Partition));
            next[logIndex] = entry.Next;
            queues.Add((logIndex, entry.First, entry.First + entry.Taken));
        }

        var own = logs.IndexOf(source);
        var state = UpTo(next, Enumerable.Range(0, logs.Count).OrderBy(logIndex => logIndex == own ? (isDuplicate ? 1 : -1) : 0));
        var (found, bounds) = (Array.Empty<double>(), Array.Empty<double>());
        foreach (var place in Merge(queues))
        {
            // Only that one: another that the state held before may have been read again without
            // being decided, by then no longer owned. One by one, so that in which order they are
            // folded is what is worked out here.
            Fold(state, [place], decide: (own, offset));
            if (place == (own, offset))
            {
                var features = Enumerable.Range(0, context.Features.Schema.Names.Count);
                found = [.. features.Select(feature => _batch.Features.Column(feature)[0])];
                bounds = [.. features.Select(feature => _batch.IsApproximate[0] ? _batch.Bounds.Column(feature)[0] : 0)];
            }
        }

        return (found, bounds);
    }

    /// <summary>
    /// Takes record after record from the log whose next is oldest: by the least timestamp of those
    /// that are left of the log, then by event time, then by log.
    /// </summary>
    private IEnumerable<(int LogIndex, long Offset)> Merge(List<(int LogIndex, long Next, long End)> queues)
    {
        while (queues.Where(queue => queue.Next < queue.End).ToList() is { Count: > 0 } left)
        {
            var oldest = left.MinBy(queue => (TimeOf(queue), EventTimeOf(RecordAt(queue.LogIndex, queue.Next), queue.LogIndex), queue.LogIndex));
            yield return (oldest.LogIndex, oldest.Next);
            queues[queues.IndexOf(oldest)] = oldest with { Next = oldest.Next + 1 };
        }
    }

    private long TimeOf((int LogIndex, long Next, long End) queue)
    {
        var least = long.MaxValue;
        for (var offset = queue.Next; offset < queue.End; offset++)
        {
            least = Math.Min(least, RecordAt(queue.LogIndex, offset).TimestampMs);
        }

        return least;
    }

    /// <summary>Labels and rubbish come before payments of their time.</summary>
    private long EventTimeOf(SimulatedLog.Record record, int logIndex) =>
        context.Cluster.Logs.KindOf(logIndex) == LogKind.Payments && SimulationOracle.IsValid(record) ? PaymentMessagePack.ReadPayment(record.Value).EventTimeMs : long.MinValue;

    private SimulatedLog.Record RecordAt(int logIndex, long offset) => context.Cluster.Input(context.Cluster.Logs[logIndex]).Records[(int)offset];

    private void Fold(FoldedState state, IEnumerable<(int LogIndex, long Offset)> records, (int LogIndex, long Offset) decide)
    {
        _batch.Clear();
        // One log comes after the other, so nothing that may have a copy may be forgotten.
        _batch.WholeUntilMs = long.MinValue;
        foreach (var (logIndex, offset) in records)
        {
            var record = context.Cluster.Input(context.Cluster.Logs[logIndex]).Records[(int)offset];
            _batch.Append(logIndex, offset, record.TimestampMs, (logIndex, offset) == decide, record.Value, int.MaxValue);
        }

        _decoder.Decode(_batch);
        state.Enrich(_batch);
    }
}
