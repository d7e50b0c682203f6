using StreamScoring.Configuration;
using StreamScoring.Lists;
using StreamScoring.Rules;
using StreamScoring.Tests.Graph;
using StreamScoring.Workloads;

namespace StreamScoring.Tests.Rules;

/// <summary>
/// Rules on the whole path: precedence, what decisions say, changes while it runs.
/// </summary>
public sealed class RulesInGraphTests
{
    private static readonly string[] TrustedNames = ["trusted"];

    [Fact]
    public async Task Rules_come_before_thresholds_and_the_decision_says_which()
    {
        // Payment i costs i % 100, and its score is that too.
        var decisions = await DecideAsync(
            """
            allow    cheap   when amount < 50 EUR and score >= 40
            block    always  when amount >= 60
            review   odd     when amount in (61, 70)
            shadow must_block all when amount >= 0
            """, 40, 50, 61, 70, 95);

        Assert.Equal(
            [
                "allow rules/cheap [cheap] [all]",
                "challenge thresholds [] [all]",
                "block rules/always [always odd] [all]",
                "block rules/always [always odd] [all]",
                "block rules/always [always] [all]",
            ],
            decisions.Select(d => $"{d.Action} {d.DecidedBy} [{string.Join(' ', d.Rules)}] [{string.Join(' ', d.ShadowRules)}]"));
        Assert.All(decisions, decision => Assert.StartsWith("sha256:", decision.RuleFile, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_payment_without_a_score_is_decided_by_rules_that_do_not_ask_for_it()
    {
        var sink = new MemoryDecisionSink();
        using var graph = new GraphHarness(sink, new FakeModel(() => throw new InvalidOperationException("broken"), Probability));
        graph.Policies.Swap(graph.Policies.InForce.Parts with { Rules = Rules("block high when score >= 0\nallow cheap when amount < 30\nreview lost when level is missing and rung == \"rules\" and amount < 60") });
        graph.AppendPayments(20, 1);
        graph.AppendPayments(40, 1);
        graph.AppendPayments(70, 1);
        await graph.FinishAsync();

        Assert.Equal(
            ["allow rules/cheap [cheap lost]", "review rules/lost [lost]", "review unscored []"],
            GraphHarness.DecisionsOf(sink).OrderBy(d => d.EventTimeMs).Select(d => $"{d.Action} {d.DecidedBy} [{string.Join(' ', d.Rules)}]"));
    }

    [Fact]
    public async Task A_payment_that_comes_again_keeps_its_first_decision_whatever_the_rules_are_now()
    {
        var sink = new MemoryDecisionSink();
        using var graph = new GraphHarness(sink);
        graph.Policies.Swap(graph.Policies.InForce.Parts with { Rules = Rules("allow all when amount >= 0") });
        graph.AppendPayments(0, 1);
        await GraphHarness.UntilAsync(() => graph.Progress.Decided == 1);
        graph.Policies.Swap(graph.Policies.InForce.Parts with { Rules = Rules("block all when amount >= 0") });
        graph.AppendPayments(0, 1);
        graph.AppendPayments(2, 1);
        await graph.FinishAsync();

        Assert.Equal(
            ["p-0 allow rules/all [all]", "p-0 allow duplicate []", "p-2 block rules/all [all]"],
            GraphHarness.DecisionsOf(sink).OrderBy(d => d.Source.Offset).Select(d => $"{d.PaymentId} {d.Action} {d.DecidedBy} [{string.Join(' ', d.Rules)}]"));
    }

    [Fact]
    public async Task Rules_that_ask_for_a_new_attribute_decide_from_the_first_batch_that_has_it()
    {
        var sink = new MemoryDecisionSink();
        using var graph = new GraphHarness(sink);
        graph.Append(TestBatch.Payments, TestBatch.LogTimestampMs, With(0, "agent", "bot"));
        graph.Source.Wake();
        await GraphHarness.UntilAsync(() => graph.Progress.Decided == 1);
        foreach (var attribute in new[] { "agent", "version", "agent" })
        {
            var before = graph.Progress.Decided;
            graph.Policies.Swap(graph.Policies.InForce.Parts with { Rules = Rules($"block bot when attributes.{attribute} == \"bot\"") });
            graph.Append(TestBatch.Payments, TestBatch.LogTimestampMs + before, With((int)before, "agent", "bot"));
            graph.Source.Wake();
            await GraphHarness.UntilAsync(() => graph.Progress.Decided == before + 1);
        }

        await graph.FinishAsync();
        Assert.Equal([0, 1, 0, 1], GraphHarness.DecisionsOf(sink).OrderBy(d => d.Source.Offset).Select(d => d.Rules.Count));
        await GraphHarness.UntilAsync(() => graph.Policies.Count == 1);
    }

    [Fact]
    public void A_batch_that_was_decoded_without_an_attribute_is_decided_by_the_rules_before()
    {
        using var graph = new GraphHarness(new MemoryDecisionSink());
        var (policies, before) = (graph.Policies, graph.Policies.InForce);
        policies.Swap(before.Parts with { Rules = Rules("block bot when attributes.agent == \"bot\"") });
        Assert.Same(before, policies.Lease(attributeCount: 0));
        var after = policies.Lease(attributeCount: 1);
        Assert.NotSame(before, after);
        // Never back.
        Assert.Same(after, policies.Lease(attributeCount: 0));
        policies.Release(before);
        policies.Release(after);
        policies.Release(after);
    }

    [Fact]
    public async Task A_list_that_changes_makes_another_policy()
    {
        var sink = new MemoryDecisionSink();
        using var graph = new GraphHarness(sink);
        var ids = new HashSet<string>();
        for (var i = 0; i < 4; i += 2)
        {
            var name = i == 0 ? "other" : "c";
            graph.Policies.Swap(graph.Policies.InForce.Parts with { Rules = Rules("allow trusted when card_id in @trusted", ListOf(name)) });
            ids.Add(graph.Policies.InForce.Id);
            graph.AppendPayments(i, 1);
            await GraphHarness.UntilAsync(() => graph.Progress.Decided == (i / 2) + 1);
        }

        await graph.FinishAsync();
        Assert.Equal(["", "trusted"], GraphHarness.DecisionsOf(sink).OrderBy(d => d.Source.Offset).Select(d => string.Join(' ', d.Rules)));
        Assert.Equal(2, ids.Count);
    }

    [Fact]
    public async Task A_thousand_changes_of_rules_lose_nothing_and_each_decision_is_by_the_policy_that_it_names()
    {
        const int changes = 1000, paymentsEach = 4;
        var sink = new MemoryDecisionSink();
        using var graph = new GraphHarness(sink);
        var ruleOf = new Dictionary<string, string> { [graph.Policies.InForce.Id] = "" };
        for (var i = 0; i < changes; i++)
        {
            var rules = Rules($"block r{i} when amount >= 0 and attributes.a{i % 3} is missing");
            var parts = graph.Policies.InForce.Parts with { Rules = rules, Stamp = graph.Policies.InForce.Parts.Stamp with { RuleFile = rules.File.Hash } };
            ruleOf[parts.Id] = $"r{i}";
            graph.AppendPayments(i * paymentsEach, paymentsEach);
            graph.Policies.Swap(parts);
            var begun = (i - 5) * paymentsEach;
            await GraphHarness.UntilAsync(() => graph.Progress.Decided >= begun);
        }

        await graph.FinishAsync();
        var decisions = GraphHarness.DecisionsOf(sink).ToList();
        Assert.Equal(changes * paymentsEach, decisions.Select(decision => decision.PaymentId).Distinct().Count());
        Assert.All(decisions, decision => Assert.Equal(ruleOf[decision.Policy!], string.Join(' ', decision.Rules)));
        Assert.True(decisions.Select(decision => decision.Policy).Distinct().Count() > 50);
        await GraphHarness.UntilAsync(() => graph.Policies.Count == 1);
    }

    private static readonly StreamScoring.Scoring.ScoreCalibration Probability = new(StreamScoring.Scoring.OutputKind.Probability, []);

    private static async Task<List<StreamScoring.Contracts.DecisionRecord>> DecideAsync(string rules, params int[] amounts)
    {
        var sink = new MemoryDecisionSink();
        using var graph = new GraphHarness(sink);
        var own = Rules(rules);
        graph.Policies.Swap(graph.Policies.InForce.Parts with { Rules = own, Stamp = graph.Policies.InForce.Parts.Stamp with { RuleFile = own.File.Hash } });
        foreach (var amount in amounts)
        {
            graph.AppendPayments(amount, 1);
        }

        await graph.FinishAsync();
        return [.. GraphHarness.DecisionsOf(sink).OrderBy(decision => decision.EventTimeMs)];
    }

    private static PolicyRules Rules(string text, params EntryList[] lists)
    {
        var features = FeatureFiles.Parse("features.yaml", "version: 1\nfeatures:\n  - {name: tx_amount, expression: amount}\n");
        var world = new RuleWorld(features.Schema, features.Layout.AttributeNames) { ListNames = TrustedNames, Shadows = [], Models = ["fake"] };
        return new PolicyRules(RuleFiles.Parse("rules.txt", text, world), world with { Lists = lists.ToDictionary(list => list.Name) });
    }

    private static EntryList ListOf(params string[] entries) =>
        EntryList.Of("trusted", $"sha256:{string.Join(',', entries)}", ListUse.Text, entries.Select(entry => new ListEntry(entry, ListEntry.Forever, null)));

    private static string With(int i, string attribute, string value) =>
        GraphHarness.Payment(i).TrimEnd('}') + $",\"attributes\":{{\"{attribute}\":\"{value}\"}}}}";
}
