using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using StreamScoring.Batches;
using StreamScoring.Configuration;
using StreamScoring.Decisions;
using StreamScoring.Ingest;
using StreamScoring.Quality;
using StreamScoring.Rules;
using StreamScoring.Scoring;
using StreamScoring.Signals;
using StreamScoring.State;
using StreamScoring.Tests.Graph;
using StreamScoring.Tests.Telemetry;
using StreamScoring.Workloads;

namespace StreamScoring.Tests.Quality;

/// <summary>
/// An engine that takes a payment's amount for its score; its steps run on the test's thread, and
/// its batches are acknowledged when the test says so. Amounts from 50 on are flagged.
/// </summary>
internal sealed class QualityWorld : IDisposable
{
    public const string Model = "fake@000000000000", Scope = "eu scoring";

    public const long DayMs = 86_400_000;

    public static readonly long Noon = (20_000 * DayMs) + (DayMs / 2);

    private const int BatchRows = 16;

    private readonly EngineMeter _meter = new();
    private readonly long[] _next = new long[TestBatch.Logs.Count];
    private readonly MemoryLogSource _source = new([]);
    private Engine _engine;

    public QualityWorld(QualityOptions? options = null)
    {
        Readings = new MeterReadings(_meter);
        Watch = new QualityWatch(_meter, options ?? new QualityOptions(), Scope, Clock, NullLogger.Instance);
        _engine = NewEngine();
    }

    public ManualClock Clock { get; } = new();

    public MeterReadings Readings { get; }

    public QualityWatch Watch { get; }

    /// <summary>Of the policy in force.</summary>
    public OutcomeIndex Outcomes => _engine.Policies!.InForce.Outcomes;

    /// <summary>The graph starts over, from logs that are read from their beginning.</summary>
    public void StartOver()
    {
        _engine.Dispose();
        Array.Clear(_next);
        _engine = NewEngine();
    }

    /// <summary>Goes on behind some records of the labels, as if they had been read.</summary>
    public void PassOver(int labels) => _next[TestBatch.Labels] += labels;

    /// <summary>Takes payments of one batch through all steps.</summary>
    /// <returns>To be acknowledged.</returns>
    public PaymentBatch Run(params (string Id, long TimeMs, int Amount)[] payments) => Run(TestBatch.Payments, [.. payments.Select(payment => (payment.TimeMs, string.Create(CultureInfo.InvariantCulture,
        $"{{\"payment_id\":\"{payment.Id}\",\"event_time\":{payment.TimeMs},\"amount_minor\":{payment.Amount * 100},\"currency\":\"EUR\",\"card_id\":\"c\"}}")))]);

    /// <summary>The same, acknowledged.</summary>
    public void Decide(params (string Id, long TimeMs, int Amount)[] payments) => Acknowledge(Run(payments));

    /// <summary>A label, whose record is stamped when it is known.</summary>
    public void Label(string id, long timeMs, long knownAtMs, bool isFraud) => Acknowledge(Run(TestBatch.Labels, [(knownAtMs, string.Create(CultureInfo.InvariantCulture,
        $"{{\"payment_id\":\"{id}\",\"event_time\":{timeMs},\"known_at\":{knownAtMs},\"fraud\":{(isFraud ? "true" : "false")},\"card_id\":\"c\"}}"))]));

    public void Acknowledge(PaymentBatch batch) => _engine.Acknowledged(batch, new Deaf(_source), batchesInFlight: 0);

    /// <summary>The batch is lost on its way.</summary>
    public void Lose(PaymentBatch batch) => _engine.Pool.Return(batch);

    public void Dispose()
    {
        _engine.Dispose();
        Watch.Dispose();
        Readings.Dispose();
        _meter.Dispose();
    }

    private PaymentBatch Run(int logIndex, (long TimeMs, string Record)[] records)
    {
        var batch = _engine.Pool.TryRent()!;
        foreach (var (timeMs, record) in records)
        {
            batch.Append(logIndex, _next[logIndex]++, timeMs, decide: true, Encoding.UTF8.GetBytes(record), 65_536);
        }

        _engine.Took(batch);
        foreach (var step in _engine.Steps)
        {
            step.Run(batch);
        }

        Assert.Equal(0, batch.RejectedCount);
        return batch;
    }

    private Engine NewEngine()
    {
        var features = FeatureFiles.Parse("features.yaml", "version: 1\nfeatures:\n  - {name: tx_amount, describe: what it costs, expression: amount}\n");
        var world = new RuleWorld(features.Schema, features.Layout.AttributeNames) { ListNames = [], Shadows = [], Models = ["fake"] };
        var rules = new PolicyRules(RuleFiles.Parse("rules.txt", "block big when amount >= 95\nshadow review odd when amount == 33\n", world), world);
        var stamp = new DecisionStamp(features.Hash, rules.File.Hash, features.Hash, features.Schema.Names, 100);
        var policy = new PolicyParts(new FakeModel(calibration: new ScoreCalibration(OutputKind.Probability, [])), [0], stamp, new RiskThresholds()) { Rules = rules };
        return new Engine(new EngineParts(TestBatch.Logs, features, new FoldedState(features, TestBatch.Logs, IdempotencyOptions.Default, clockBlockRecords: 1), new DecisionParts(policy, new FirstDecisions(1000)))
        {
            Clock = Clock,
            BatchesMax = 4,
            BatchRowsMax = BatchRows,
            Quality = Watch,
        });
    }

    /// <summary>Who listens to acknowledgements is not of this test.</summary>
    private sealed class Deaf(ILogSource source) : ILogSource
    {
        public IReadOnlyList<ILogReader> Readers => source.Readers;

        public bool IsCompleted => source.IsCompleted;

        public void Start(Action wake, Action<Exception> failed) => source.Start(wake, failed);

        public void Acknowledged(int logIndex, long nextOffset, int count)
        {
        }

        public void Dispose() => source.Dispose();
    }
}
