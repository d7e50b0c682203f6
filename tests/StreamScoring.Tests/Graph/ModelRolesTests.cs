using System.Globalization;
using System.Text;
using StreamScoring.Contracts;
using StreamScoring.Scoring;
using StreamScoring.Workloads;

namespace StreamScoring.Tests.Graph;

/// <summary>Models by role, and what becomes of payments when one fails.</summary>
public sealed class ModelRolesTests
{
    private static readonly ScoreCalibration Identity = new(OutputKind.Probability, []), Opposite = new(OutputKind.Probability, [(0, 1), (1, 0)]);

    [Fact]
    public async Task The_canary_decides_for_its_share_and_each_decision_names_its_model_and_role()
    {
        var share = new CanaryShare("canary", 30, TextField.CardId);
        var (decisions, graph) = await DecideAsync(
            1000, new FakeModel(calibration: Identity), policy => policy with { Others = [Served(ModelRole.Canary, "canary", calibration: Opposite)], Canary = share });
        using (graph)
        {
            Assert.All(decisions, decision =>
            {
                var number = int.Parse(decision.PaymentId[2..], CultureInfo.InvariantCulture);
                var (name, probability) = decision.Role == "canary" ? ("canary", 1 - (number % 100 / 100.0)) : ("fake", number % 100 / 100.0);
                Assert.Equal((name, "full"), (decision.ModelName, decision.Rung));
                Assert.Equal(probability, decision.Probability!.Value, 12);
                Assert.DoesNotContain("stand_in", decision.Flags);
            });
            var ofCanary = decisions.Where(decision => decision.Role == "canary").Select(decision => decision.PaymentId).ToHashSet();
            Assert.Equal(decisions.Count - ofCanary.Count, decisions.Count(decision => decision.Role == "champion"));
            Assert.Equal(decisions.Where(decision => IsIn(share, CardOf(decision.PaymentId))).Select(decision => decision.PaymentId).ToHashSet(), ofCanary);
            Assert.Equal(ofCanary.Count, Sum(graph, "canary", "canary"));
        }
    }

    [Fact]
    public async Task A_canary_that_fails_leaves_its_share_to_the_champion_and_the_decision_says_so()
    {
        var (decisions, graph) = await DecideAsync(
            400, new FakeModel(calibration: Identity),
            policy => policy with { Others = [Served(ModelRole.Canary, "canary", () => throw new InvalidOperationException("broken"))], Canary = new CanaryShare("canary", 50, TextField.CardId) });
        using (graph)
        {
            Assert.All(decisions, decision => Assert.Equal(("fake", "champion"), (decision.ModelName, decision.Role)));
            var standIns = decisions.Count(decision => decision.Flags.Contains("stand_in"));
            Assert.InRange(standIns, 100, 300);
            Assert.Equal(standIns, graph.CountOf("scoring_stand_ins_total{model=\"canary\"}"));
            // Left alone, and said once.
            Assert.Contains(graph.Notices, notice => notice.Contains("model canary@000000000000 is left alone for 1 s", StringComparison.Ordinal) && notice.EndsWith("fake@000000000000 is asked in its place", StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task A_champion_that_fails_hands_over_to_the_one_before_and_that_to_the_small_one()
    {
        var (decisions, graph) = await DecideAsync(
            200, new FakeModel(() => throw new InvalidOperationException("broken"), Identity),
            policy => policy with { Others = [Served(ModelRole.Previous, "before", () => throw new InvalidOperationException("broken too")), Served(ModelRole.Fallback, "small", calibration: Opposite)] });
        using (graph)
        {
            Assert.All(decisions, decision => Assert.Equal(("small", "fallback", "small"), (decision.ModelName, decision.Role, decision.Rung)));
            Assert.All(decisions, decision => Assert.Contains("stand_in", decision.Flags));
        }
    }

    [Fact]
    public async Task A_champion_that_does_not_come_to_an_end_costs_one_call()
    {
        var calls = 0;
        var hung = new FakeModel(
            () =>
            {
                Interlocked.Increment(ref calls);
                throw new ModelFailedException("model.onnx", ModelFailureKind.TimedOut, "took longer than it may");
            }, Identity);
        var (decisions, graph) = await DecideAsync(200, hung, policy => policy with { Others = [Served(ModelRole.Previous, "before")] });
        using (graph)
        {
            Assert.Equal(1, calls);
            Assert.All(decisions, decision => Assert.Equal(("before", "champion", "full"), (decision.ModelName, decision.Role, decision.Rung)));
            Assert.All(decisions, decision => Assert.Contains("stand_in", decision.Flags));
        }
    }

    [Fact]
    public async Task One_payment_that_a_champion_cannot_score_is_the_stand_ins_and_the_others_are_not()
    {
        // Of 100 the probability is a hundredth of the number; NaN from 0.5 on.
        var picky = new FakeModel(calibration: new ScoreCalibration(OutputKind.Probability, [(0, 0), (1, 1)]), name: "picky", nanFrom: 90);
        var (decisions, graph) = await DecideAsync(200, picky, policy => policy with { Others = [Served(ModelRole.Previous, "before")] });
        using (graph)
        {
            Assert.All(decisions, decision => Assert.Equal(
                int.Parse(decision.PaymentId[2..], CultureInfo.InvariantCulture) % 100 >= 90 ? "before" : "picky", decision.ModelName));
            Assert.Equal(20, decisions.Count(decision => decision.Flags.Contains("stand_in")));
            // NaN is a failure like any other.
            Assert.InRange(graph.CountOf("scoring_model_failures_total{model=\"picky@000000000000\",kind=\"no_number\"}"), 1, 20);
            Assert.Contains(graph.Notices, notice => notice.Contains("its output is not a number", StringComparison.Ordinal));
        }
    }

    [Fact]
    public void The_share_of_a_canary_is_within_the_binomials_bounds_and_a_greater_one_only_adds_keys()
    {
        const int Keys = 100_000;
        double[] percents = [0, 0.1, 5, 30, 99.9, 100];
        var shares = percents.Select(percent => new CanaryShare("canary", percent, TextField.CardId)).ToList();
        var counts = new int[percents.Length];
        for (var key = 0; key < Keys; key++)
        {
            var isIn = shares.Select(share => IsIn(share, $"card-{key}")).ToList();
            Assert.Equal(isIn.Order(), isIn);
            for (var i = 0; i < counts.Length; i++)
            {
                counts[i] += isIn[i] ? 1 : 0;
            }
        }

        for (var i = 0; i < counts.Length; i++)
        {
            var (mean, deviation) = (Keys * percents[i] / 100, Math.Sqrt(Keys * percents[i] / 100 * (1 - (percents[i] / 100))));
            Assert.InRange(counts[i], mean - (4 * deviation), mean + (4 * deviation));
        }

        // Another name has other keys first; a payment without the id is nobody's.
        var other = new CanaryShare("other", 5, TextField.CardId);
        Assert.InRange(Enumerable.Range(0, Keys).Count(key => IsIn(other, $"card-{key}") && IsIn(shares[2], $"card-{key}")), 150, 350);
        Assert.False(IsIn(shares[^1], ""));
        // Of decisions that are written down: it must never change.
        Assert.Equal(["card-38", "card-44", "card-58"], Enumerable.Range(0, 60).Select(key => $"card-{key}").Where(key => IsIn(shares[2], key)));
    }

    private static bool IsIn(CanaryShare share, string card) => share.Has(Encoding.UTF8.GetBytes(card));

    private static ServedModel Served(ModelRole role, string name, Action? beforeBatch = null, ScoreCalibration? calibration = null) =>
        new(role, new FakeModel(beforeBatch, calibration ?? Identity, name: name), [0]);

    private static string CardOf(string paymentId) => $"c-{paymentId}";

    private static long Sum(GraphHarness graph, string model, string role) =>
        new[] { "allow", "challenge", "review", "block" }.Sum(action => graph.CountOf($"scoring_model_decisions_total{{model=\"{model}\",role=\"{role}\",action=\"{action}\"}}"));

    private static async Task<(List<DecisionRecord> Decisions, GraphHarness Graph)> DecideAsync(int payments, FakeModel champion, Func<PolicyParts, PolicyParts> change)
    {
        var sink = new MemoryDecisionSink();
        var graph = new GraphHarness(sink, champion, change: change);
        for (var i = 0; i < payments; i++)
        {
            graph.Append(
                TestBatch.Payments, TestBatch.LogTimestampMs + i,
                $"{{\"payment_id\":\"p-{i}\",\"event_time\":{TestBatch.LogTimestampMs + i},\"amount_minor\":{i % 100 * 100},\"currency\":\"EUR\",\"card_id\":\"{CardOf($"p-{i}")}\"}}");
        }

        graph.Source.Wake();
        await graph.FinishAsync();
        var decisions = GraphHarness.DecisionsOf(sink).ToList();
        Assert.Equal(payments, decisions.Count);
        return (decisions, graph);
    }
}
