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
    private readonly Topology _topology;
    private readonly LogRange _range;
    private readonly RateSchedule _rates;
    private readonly ILogger _logger;
    private readonly FinalLabels _labels;

    private RecordedLogs(Topology topology, LogTable logs, LogRange range, RateSchedule rates, FinalLabels labels, ILogger logger) =>
        (_topology, Logs, _range, _rates, _labels, _logger) = (topology, logs, range, rates, labels, logger);

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
        var range = RangeOf(topology, logs, readFromMs, fromMs ?? long.MinValue, untilMs ?? long.MaxValue);
        return new RecordedLogs(topology, logs, range, rates, RecordedLabels.Read(topology, fromMs, progress, logger, cancel), logger);
    }

    public ILogSource Open() => SourceOf(_topology, Logs, _range, _logger);

    public FoldedState NewState(FeatureFile features) => new(features, Logs, Idempotency, _topology.StateBytesMax, identity: Identity) { Rates = _rates };

    public void Look(PaymentBatch batch) => RefusedCount += batch.RejectedCount;

    public bool IsFraud(PaymentBatch batch, int rowIndex) =>
        _labels.Of(batch.Text(TextField.PaymentId).Value(batch.Bytes, rowIndex), batch.EventTimeMs[rowIndex], exactly: true) is { Fraud: true };

    internal static LogRange RangeOf(Topology topology, LogTable logs, long? readFromMs, long fromMs, long untilMs) =>
        LogRange.Find(logs, region => KafkaPorts.ConnectionOf(topology.Regions.First(known => known.Name == region)), readFromMs, fromMs, untilMs);

    /// <param name="coverage">Told how far other regions' logs are known; null: nobody asks.
    /// </param>
    internal static KafkaLogSource SourceOf(Topology topology, LogTable logs, LogRange range, ILogger logger, LogCoverage? coverage = null) => KafkaPorts.Source(
        topology, KafkaPorts.ConnectionOf(topology.Home), logs, isMember: false, [], new FirstDecisions(1), coverage ?? new LogCoverage(logs, TimeProvider.System), logger, range: range);
}
