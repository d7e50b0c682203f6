using System.Text;
using StreamScoring.Configuration;
using StreamScoring.Contracts;
using StreamScoring.Control;
using StreamScoring.Decisions;
using StreamScoring.Expressions;
using StreamScoring.Ingest;
using StreamScoring.Logs;
using StreamScoring.Rules;
using StreamScoring.Scoring;
using StreamScoring.State;
using StreamScoring.TestSupport;
using StreamScoring.Workloads;

namespace StreamScoring.Tests.Graph;

/// <summary>An engine whose policy comes from logs, one batch after the other.</summary>
public sealed class PolicyChangesTests : IDisposable
{
    private const string FirstRates = "base: EUR\nrates: {USD: 2}";

    private const int ControlLog = 0, ListLog = 1, Payments = 2;

    private static readonly LogTable Logs = new([
        (new LogId("eu", "control", 0), LogKind.Control), (new LogId("eu", "lists", 0), LogKind.Lists), (new LogId("eu", "payments", 0), LogKind.Payments)]);

    private readonly MemoryLog[] _logs = [new MemoryLog(ControlLog) { IsOwned = false }, new MemoryLog(ListLog) { IsOwned = false }, new MemoryLog(Payments)];
    private readonly Queue<Action> _preparing = new();
    private readonly List<string> _notices = [];
    private readonly Engine _engine;
    private readonly LogMerge _merge;
    private long _now = TestBatch.LogTimestampMs;
    private string? _rules, _rates;

    public PolicyChangesTests()
    {
        var features = FeatureFiles.Parse("features.yaml", "version: 1\nfeatures:\n  - {name: tx_amount, expression: amount}\n  - {name: in_base, expression: amount_base}\n  - {name: spent, entity: card_id, aggregate: sum, of: amount_base, window: 1d}\n");
        var maker = new Maker(new PolicyParts(
            new FakeModel(calibration: new ScoreCalibration(OutputKind.Probability, [])), [0], new DecisionStamp(features.Hash, null, features.Hash, features.Schema.Names, 100),
            new RiskThresholds()), features);
        _engine = new Engine(new EngineParts(Logs, features, new FoldedState(features, Logs, IdempotencyOptions.Default), new DecisionParts(maker.Make(ControlState.Empty), new FirstDecisions(1000))
        {
            PolicyLog = new PolicyLogParts(maker) { Run = _preparing.Enqueue, Logger = new TextLogger(_notices.Add) },
        }));
        _merge = new LogMerge(TimeProvider.System, TimeSpan.FromSeconds(5)) { Gate = _engine.PolicyChanges };
    }

    [Fact]
    public void A_payment_behind_a_change_is_decided_by_it_and_one_before_it_is_not()
    {
        Pay("c-1");
        Publish("block all when amount >= 0");
        Pay("c-1");

        Assert.Equal(["allow thresholds", "block rules/all"], Decide());
        Assert.Contains(_notices, notice => notice.Contains("eu/control/0 offset 0: ann changed rules: because", StringComparison.Ordinal));
    }

    [Fact]
    public void What_does_not_count_changes_nothing_and_is_said()
    {
        Publish("block all when amount >= 0");
        _logs[ControlLog].Append(++_now, Encoding.UTF8.GetBytes("?"));
        _logs[ControlLog].Append(++_now, Change("allow all when amount >= 0", expects: null));
        _logs[ListLog].Append(++_now, Encoding.UTF8.GetBytes("?"));
        Pay("c-1");

        Assert.Equal(["block rules/all"], Decide());
        Assert.Null(_engine.PolicyChanges!.Unapplied);
        Assert.Equal(3, _notices.Count(notice => notice.Contains("passed over", StringComparison.Ordinal) || notice.Contains("does not count", StringComparison.Ordinal)));
    }

    [Fact]
    public void What_cannot_be_applied_leaves_the_policy_and_the_next_change_goes_on_from_what_the_log_says()
    {
        Publish("block all when amount >= 0");
        Publish("block all when no_such_feature > 1");
        Pay("c-1");
        Assert.Equal(["block rules/all"], Decide());
        Assert.Contains("no_such_feature", _engine.PolicyChanges!.Unapplied, StringComparison.Ordinal);
        Assert.Equal("block all when amount >= 0", _engine.State.Applied.TextOf(ControlPart.Rules));

        Publish("review all when amount >= 0");
        // Live nothing waits for it.
        Assert.Empty(Decide());
        Pay("c-1");
        Assert.Equal(["review rules/all"], Decide());
        Assert.Null(_engine.PolicyChanges.Unapplied);
    }

    [Fact]
    public void A_change_that_a_fault_keeps_from_being_applied_counts_in_the_log_all_the_same()
    {
        Publish("block all when amount >= 0");
        Publish(Maker.Fault);
        Publish("review all when amount >= 0");
        Pay("c-1");

        Assert.Equal(["review rules/all"], Decide());
    }

    [Fact]
    public void A_list_changes_between_two_payments_and_with_it_the_policy()
    {
        Publish("block listed when card_id in @cards");
        Pay("c-1");
        Put("c-1", isRemoved: false);
        Pay("c-1");
        Put("c-1", isRemoved: true);
        Pay("c-1");

        var policies = new List<string?>();
        Assert.Equal(["allow thresholds", "block rules/listed", "allow thresholds"], Decide(policies));
        Assert.Equal(policies[0], policies[2]);
        Assert.NotEqual(policies[0], policies[1]);
    }

    [Fact]
    public void A_rule_that_asks_for_a_new_attribute_decides_from_the_change_on()
    {
        Pay("c-1", attributes: ",\"attributes\":{\"agent\":\"bot\"}");
        Publish("block bots when attributes.agent == \"bot\"");
        Pay("c-1", attributes: ",\"attributes\":{\"agent\":\"bot\"}");

        Assert.Equal(["allow thresholds", "block rules/bots"], Decide());
    }

    [Fact]
    public void A_thousand_changes_leave_one_policy()
    {
        for (var i = 0; i < 1000; i++)
        {
            Publish($"block all when amount >= {i % 7}");
            Pay("c-1");
        }

        Assert.Equal(1000, Decide().Count);
        SpinWait.SpinUntil(() => _engine.Policies!.Count == 1, TimeSpan.FromSeconds(30));
        Assert.Equal(1, _engine.Policies!.Count);
    }

    [Fact]
    public void Published_rates_count_for_features_of_records_that_are_stamped_a_minute_later_whoever_reads_them_when()
    {
        Pay("c-1", currency: "USD");
        PublishRates("base: EUR\nrates: {USD: 4}");
        var publishedAtMs = _now;
        // Read behind them, and stamped before the minute is over.
        _now = publishedAtMs + RateSchedule.DelayMs - 2;
        Pay("c-1", currency: "USD");
        Pay("c-1", currency: "USD");
        // Rates that cannot be read, and a change that does not count, change nothing.
        PublishRates("no rates");
        _logs[ControlLog].Append(++_now, Change("base: EUR\nrates: {USD: 100}", expects: null, ControlPart.Rates));
        // Nor do rates of another base: windows hold euros.
        PublishRates("base: GBP\nrates: {USD: 100, EUR: 100}");
        _now += RateSchedule.DelayMs;
        Pay("c-1", currency: "USD");
        Pay("c-1", currency: "GBP");
        var features = new List<double?>();

        Assert.Equal(5, Decide(features: features).Count);
        // 10 dollars, at two and at four a euro.
        Assert.Equal([5, 5, 5, 10, 2.5, 12.5, 2.5, 15, null, 15], features);
        Assert.Null(_engine.PolicyChanges!.Unapplied);
    }

    public void Dispose() => _engine.Dispose();

    private void Pay(string card, string attributes = "", string currency = "EUR") => _logs[Payments].Append(++_now, Encoding.UTF8.GetBytes(
        $"{{\"payment_id\":\"p-{_now}\",\"event_time\":{_now},\"amount_minor\":1000,\"currency\":\"{currency}\",\"card_id\":\"{card}\"{attributes}}}"));

    private void Publish(string rules)
    {
        _logs[ControlLog].Append(++_now, Change(rules, _rules is null ? null : ControlPart.HashOf(_rules)));
        _rules = rules;
    }

    private void PublishRates(string rates)
    {
        _logs[ControlLog].Append(++_now, Change(rates, _rates is null ? null : ControlPart.HashOf(_rates), ControlPart.Rates));
        _rates = rates;
    }

    private static byte[] Change(string text, string? expects, string kind = ControlPart.Rules) => new ControlChange("ann", "because", [ControlPart.Of(kind, text, expects)]).ToJson();

    private void Put(string entry, bool isRemoved) => _logs[ListLog].Append(++_now, [.. ListRecord.KeyOf("cards", entry), .. isRemoved ? [] : ListRecord.ValueOf(null, null)]);

    /// <summary>Takes all that is in the logs through the engine.</summary>
    /// <returns>Of each decision, its action and what decided.</returns>
    /// <param name="features">Of each decision, the amount in the base currency and what was
    /// spent.</param>
    private List<string> Decide(List<string?>? policies = null, List<double?>? features = null)
    {
        var decisions = new List<string>();
        while (true)
        {
            var batch = _engine.Pool.TryRent()!;
            if (_merge.Fill(batch, _logs) != MergeOutcome.Filled)
            {
                _engine.Pool.Return(batch);
                if (!_preparing.TryDequeue(out var prepare))
                {
                    return decisions;
                }

                prepare();
                continue;
            }

            foreach (var step in _engine.Steps)
            {
                step.Run(batch);
            }

            foreach (var record in batch.Encoded.Records)
            {
                var decision = DecisionMessagePack.Read(batch.Encoded.Buffer.Written.Slice(record.ValueStart, record.ValueLength).ToArray());
                decisions.Add($"{decision.Action} {decision.DecidedBy}");
                policies?.Add(decision.Policy);
                features?.AddRange(new[] { "in_base", "spent" }.Select(name => decision.Features.Single(feature => feature.Key == name).Value as double?));
            }

            _engine.Pool.Return(batch);
        }
    }

    private sealed class Maker(PolicyParts parts, StreamScoring.Features.FeatureFile features) : IPolicyMaker
    {
        public CurrencyRates? RatesOf(string? published)
        {
            try
            {
                return RatesFile.Parse("rates", published ?? FirstRates);
            }
            catch (InvalidInputFileException)
            {
                return null;
            }
        }

        public const string Fault = "a fault of the program";

        public PolicyParts Make(ControlState control)
        {
            if (control.TextOf(ControlPart.Rules) == Fault)
            {
                throw new InvalidOperationException(Fault);
            }

            if (control.TextOf(ControlPart.Rates) is { } rates && RatesOf(rates) is null)
            {
                throw new PolicyNotMadeException("these are no rates");
            }

            var world = new RuleWorld(features.Schema, features.Layout.AttributeNames) { Shadows = [], Hashing = StreamScoring.Identity.IdentityHash.Development };
            try
            {
                return control.TextOf(ControlPart.Rules) is { } text ? parts with { Rules = new PolicyRules(RuleFiles.Parse("rules", text, world), world) } : parts;
            }
            catch (InvalidInputFileException e)
            {
                throw new PolicyNotMadeException(e.Message, e);
            }
        }
    }
}
