using Microsoft.Extensions.Logging;
using StreamScoring.Batches;
using StreamScoring.Contracts;
using StreamScoring.Deployment;
using StreamScoring.Files;
using StreamScoring.Ingest;
using StreamScoring.Logs;

namespace StreamScoring.Host.Serving;

/// <summary>
/// The labels that the own region's topic holds: also those that came after the last payment.
/// </summary>
internal static class RecordedLabels
{
    private const int LabelRows = 1024;

    private static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(1);

    /// <param name="fromMs">The first ones, by the time of their records, ms since the Unix epoch;
    /// null: from the beginning.</param>
    /// <param name="progress">Told the number of labels read so far.</param>
    public static FinalLabels Read(Topology topology, long? fromMs, Action<long> progress, ILogger logger, CancellationToken cancel)
    {
        topology = topology with { Control = null };
        var (labels, all) = (new FinalLabels(), KafkaPorts.Logs(topology));
        var logs = new LogTable(Enumerable.Range(0, all.Count).Where(logIndex => all.KindOf(logIndex) == LogKind.Labels && all.FollowedRegionOf(logIndex) is null)
            .Select(logIndex => (all[logIndex], LogKind.Labels)));
        using var woken = new AutoResetEvent(false);
        using var source = RecordedLogs.SourceOf(topology, logs, RecordedLogs.RangeOf(topology, logs, fromMs, long.MinValue, long.MaxValue), logger);
        Exception? failure = null;
        source.Start(() => woken.Set(), e =>
        {
            Volatile.Write(ref failure, e);
            woken.Set();
        });
        var layout = new BatchLayout(new HashSet<TextField>(), [], FeatureCount: 0);
        var (pool, decoder) = (new PaymentBatchPool(layout, 1, LabelRows, 64 * LabelRows), new RecordDecoder(layout, topology.Limits, logs, topology.Identity));
        var merge = new LogMerge(TimeProvider.System, TimeSpan.FromDays(1));
        for (var read = 0L; ;)
        {
            cancel.ThrowIfCancellationRequested();
            if (Volatile.Read(ref failure) is { } failed)
            {
                throw failed;
            }

            var isCompleted = source.IsCompleted;
            var batch = pool.TryRent();
            Invariant.Require(batch is not null);
            var outcome = merge.Fill(batch, source.Readers);
            decoder.Decode(batch);
            for (var rowIndex = 0; rowIndex < batch.RowCount; rowIndex++)
            {
                if (batch.Kind[rowIndex] == RowKind.Label)
                {
                    labels.Add(batch.Text(TextField.PaymentId).Value(batch.Bytes, rowIndex), batch.EventTimeMs[rowIndex], batch.KnownAtMs[rowIndex], batch.Fraud[rowIndex]);
                }
            }

            progress(read += batch.RowCount);
            pool.Return(batch);
            if (outcome != MergeOutcome.Filled && isCompleted)
            {
                return labels;
            }

            if (outcome != MergeOutcome.Filled)
            {
                WaitHandle.WaitAny([woken, cancel.WaitHandle], LookInterval);
            }
        }
    }
}
