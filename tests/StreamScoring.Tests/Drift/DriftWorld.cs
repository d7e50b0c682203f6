using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using StreamScoring.Batches;
using StreamScoring.Configuration;
using StreamScoring.Decisions;
using StreamScoring.Drift;
using StreamScoring.Scoring;
using StreamScoring.Signals;
using StreamScoring.State;
using StreamScoring.Tests.Graph;
using StreamScoring.Tests.Telemetry;

namespace StreamScoring.Tests.Drift;

/// <summary>
/// An engine whose model gets the amount and the size of the basket, both evenly spread in training
/// from 0 to 100; its steps run on the test's thread, in virtual time.
/// </summary>
internal sealed class DriftWorld : IDisposable
{
    public const string Model = "fake@000000000000";

    private const int BatchRows = 16;

    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(500);

    private readonly EngineMeter _meter = new();
    private readonly MeterReadings _readings;
    private readonly FakeModel _model = new(calibration: new ScoreCalibration(OutputKind.Score, []));
    private readonly DecisionStamp _stamp;
    private readonly Engine _engine;
    private long _offset;

    public DriftWorld(TimeSpan? window = null)
    {
        _readings = new MeterReadings(_meter);
        var features = FeatureFiles.Parse(
            "features.yaml",
            "version: 1\nfeatures:\n  - {name: tx_amount, describe: what it costs, expression: amount}\n  - {name: basket, describe: its size, expression: attributes.basket}\n");
        _stamp = new DecisionStamp(features.Hash, null, features.Hash, features.Schema.Names, 100);
        Watch = new DriftWatch(_meter, window ?? TimeSpan.FromMinutes(16), Clock, NullLogger.Instance);
        var logs = TestBatch.Logs;
        _engine = new Engine(new EngineParts(logs, features, new FoldedState(features, logs, IdempotencyOptions.Default), new DecisionParts(PolicyOf(Watched()), new FirstDecisions(1000)))
        {
            Clock = Clock,
            BatchesMax = 1,
            BatchRowsMax = BatchRows,
        });
    }

    public ManualClock Clock { get; } = new();

    public DriftWatch Watch { get; }

    public DriftTap Tap => _engine.Policies!.InForce.Parts.Drift!;

    public long Decided { get; private set; }

    public long Dropped => _readings["scoring_drift_dropped_total"];

    public double? this[string metric] => _readings.Double($"scoring_drift_{metric}{{model=\"{Model}\"}}");

    public double? this[string metric, string input] => _readings.Double($"scoring_drift_{metric}{{model=\"{Model}\",input=\"{input}\"}}");

    public static ReferenceHistogram Even(string input) => new(input, [10, 20, 30, 40, 50, 60, 70, 80, 90], [.. Enumerable.Repeat(0.1, 10)])
    {
        Rows = 1_000_000,
        Missing = 0.125,
        Smallest = 0,
        Largest = 100,
        Weight = input == "basket" ? 0.25 : 0.75,
    };

    public static WatchedModel Watched(string model = Model, ReferenceHistogram? basket = null) => new(
        model, [(Even("tx_amount"), 0), (basket ?? Even("basket"), 1)],
        new ReferenceHistogram("", [.. Enumerable.Range(1, 9).Select(i => i / 10.0)], [.. Enumerable.Repeat(0.1, 10)]) { Rows = 1_000_000 }, []);

    /// <summary>From the next batch on another policy decides.</summary>
    public void Swap(params WatchedModel[] watched) =>
        _engine.Policies!.Swap(PolicyOf(watched) with { Thresholds = new RiskThresholds { BlockFrom = 90 + (int)(_offset % 9) } });

    /// <summary>Batches at 32 payments a second, counted once a second.</summary>
    /// <param name="payment">Amount and basket of the i-th; null: it has none.</param>
    public void Decide(int batches, Func<int, (double Amount, double? Basket)> payment, bool counts = true)
    {
        for (var i = 0; i < batches; i++)
        {
            var batch = Run(row => payment((i * BatchRows) + row));
            Decided += batch.DecideCount;
            _engine.Pool.Return(batch);
            Clock.Advance(Step);
            if (counts)
            {
                Watch.Count();
            }
        }
    }

    /// <summary>Takes a batch through all steps.</summary>
    /// <param name="payment">As with <see cref="Decide"/>, of a row.</param>
    public PaymentBatch Run(Func<int, (double Amount, double? Basket)> payment)
    {
        var batch = _engine.Pool.TryRent()!;
        for (var row = 0; row < BatchRows; row++)
        {
            var (amount, basket) = payment(row);
            var record = string.Create(CultureInfo.InvariantCulture,
                $"{{\"payment_id\":\"p-{_offset}\",\"event_time\":{TestBatch.LogTimestampMs + _offset},\"amount_minor\":{(long)(amount * 100)},\"currency\":\"EUR\",\"card_id\":\"c\"{(basket is null ? "" : $",\"attributes\":{{\"basket\":{basket}}}")}}}");
            batch.Append(TestBatch.Payments, _offset, TestBatch.LogTimestampMs + _offset, decide: true, Encoding.UTF8.GetBytes(record), 65_536);
            _offset++;
        }

        _engine.Took(batch);
        foreach (var step in _engine.Steps)
        {
            step.Run(batch);
        }

        Assert.Equal(BatchRows, batch.DecideCount);
        return batch;
    }

    /// <summary>Reading allocates.</summary>
    public void ReadNoMore() => _readings.Dispose();

    public void Dispose()
    {
        _engine.Dispose();
        Watch.Dispose();
        _readings.Dispose();
        _meter.Dispose();
    }

    private PolicyParts PolicyOf(params WatchedModel[] watched) => new(_model, [0], _stamp, new RiskThresholds()) { Drift = watched.Length == 0 ? null : Watch.Open(watched) };
}
