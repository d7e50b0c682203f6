using Microsoft.Extensions.Logging;
using StreamScoring.Batches;
using StreamScoring.Contracts;
using StreamScoring.Decisions;
using StreamScoring.Deployment;
using StreamScoring.Expressions;
using StreamScoring.Features;
using StreamScoring.Files;
using StreamScoring.Identity;
using StreamScoring.Ingest;
using StreamScoring.Kafka;
using StreamScoring.Logs;
using StreamScoring.State;
using StreamScoring.Training;

namespace StreamScoring.Host.Serving;

/// <summary>A stretch of a deployment's logs, read without a group and without a trace.</summary>
internal sealed class RecordedLogs : IRecordedPayments
{
    private const int LabelRows = 1024;

    private static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(1);

    private readonly Topology _topology;
    private readonly LogRange _range;
    private readonly RateSchedule _rates;
    private readonly ILogger _logger;
    private readonly FinalLabels _labels = new();

    private RecordedLogs(Topology topology, LogTable logs, LogRange range, RateSchedule rates, ILogger logger) =>
        (_topology, Logs, _range, _rates, _logger) = (topology, logs, range, rates, logger);

    public LogTable Logs { get; }

    public IngestLimits Limits => _topology.Limits;

    public IdempotencyOptions Idempotency => _topology.Idempotency;

    public IdentityHash? Identity => _topology.Identity;

    /// <summary>Records that hold to no contract, and are no payments.</summary>
    public long RefusedCount { get; private set; }

    /// <summary>What whoever reads the result should know, one sentence each.</summary>
    public IEnumerable<string> Notices => Enumerable.Range(0, Logs.Count).Where(logIndex => _range.Written[logIndex] > _range.End[logIndex])
        .Select(logIndex => $"{Logs[logIndex]}: a publisher's transaction is open, so what lies from offset {_range.End[logIndex]} on is left out");

    /// <summary>Finds the stretch, and reads its labels up to what is there now.</summary>
    /// <param name="fromMs">The first payments that are decided, by the time of their records, ms
    /// since the Unix epoch; null: from the beginning.</param>
    /// <param name="untilMs">The first moment that is left out; null: up to what is there now.
    /// </param>
    /// <param name="warmUp">How long before the first of them records are read, so that features
    /// know them; null: from the beginning.</param>
    /// <param name="rates">By which features take amounts.</param>
    /// <param name="progress">Told the number of labels read so far.</param>
    /// <exception cref="KafkaFailedException">The brokers do not answer, or a topic is
    /// missing.</exception>
    public static RecordedLogs Open(Topology topology, long? fromMs, long? untilMs, TimeSpan? warmUp, RateSchedule rates, Action<long> progress, ILogger logger, CancellationToken cancel)
    {
        // What decides is given, and not that of the past.
        topology = topology with { Control = null };
        KafkaPorts.RequireTopics(topology, topology.Home.Payments, topology.Home.Labels);
        foreach (var follow in topology.Follows)
        {
            KafkaPorts.RequireReached(topology, follow);
        }

        var readFromMs = warmUp is { } length && fromMs is { } ms ? ms - (long)length.TotalMilliseconds : (long?)null;
        var logs = KafkaPorts.Logs(topology);
        var recorded = new RecordedLogs(topology, logs, RangeOf(topology, logs, readFromMs, fromMs ?? long.MinValue, untilMs ?? long.MaxValue), rates, logger);
        recorded.ReadLabels(fromMs, progress, cancel);
        return recorded;
    }

    public ILogSource Open() => SourceOf(Logs, _range);

    public FoldedState NewState(FeatureFile features) => new(features, Logs, Idempotency, _topology.StateBytesMax, identity: Identity) { Rates = _rates };

    public void Look(PaymentBatch batch) => RefusedCount += batch.RejectedCount;

    public bool IsFraud(PaymentBatch batch, int rowIndex) =>
        _labels.Of(batch.Text(TextField.PaymentId).Value(batch.Bytes, rowIndex), batch.EventTimeMs[rowIndex], exactly: true) is { Fraud: true };

    private static LogRange RangeOf(Topology topology, LogTable logs, long? readFromMs, long fromMs, long untilMs) =>
        LogRange.Find(logs, region => KafkaPorts.ConnectionOf(topology.Regions.First(known => known.Name == region)), readFromMs, fromMs, untilMs);

    private KafkaLogSource SourceOf(LogTable logs, LogRange range) => KafkaPorts.Source(
        _topology, KafkaPorts.ConnectionOf(_topology.Home), logs, isMember: false, [], new FirstDecisions(1), new LogCoverage(logs, TimeProvider.System), _logger, range: range);

    /// <summary>
    /// The labels of the own region: also those that came after the last payment.
    /// </summary>
    private void ReadLabels(long? fromMs, Action<long> progress, CancellationToken cancel)
    {
        var logs = new LogTable(Enumerable.Range(0, Logs.Count).Where(logIndex => Logs.KindOf(logIndex) == LogKind.Labels && Logs.FollowedRegionOf(logIndex) is null)
            .Select(logIndex => (Logs[logIndex], LogKind.Labels)));
        using var woken = new AutoResetEvent(false);
        using var source = SourceOf(logs, RangeOf(_topology, logs, fromMs, long.MinValue, long.MaxValue));
        Exception? failure = null;
        source.Start(() => woken.Set(), e =>
        {
            Volatile.Write(ref failure, e);
            woken.Set();
        });
        var layout = new BatchLayout(new HashSet<TextField>(), [], FeatureCount: 0);
        var (pool, decoder) = (new PaymentBatchPool(layout, 1, LabelRows, 64 * LabelRows), new RecordDecoder(layout, Limits, logs, Identity));
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
                    _labels.Add(batch.Text(TextField.PaymentId).Value(batch.Bytes, rowIndex), batch.EventTimeMs[rowIndex], batch.KnownAtMs[rowIndex], batch.Fraud[rowIndex]);
                }
            }

            progress(read += batch.RowCount);
            pool.Return(batch);
            if (outcome != MergeOutcome.Filled && isCompleted)
            {
                return;
            }

            if (outcome != MergeOutcome.Filled)
            {
                WaitHandle.WaitAny([woken, cancel.WaitHandle], LookInterval);
            }
        }
    }
}
