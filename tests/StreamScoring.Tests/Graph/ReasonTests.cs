using CsCheck;
using StreamScoring.Batches;
using StreamScoring.Scoring;
using StreamScoring.Workloads;

namespace StreamScoring.Tests.Graph;

public sealed class ReasonTests
{
    [Fact]
    public async Task Decisions_from_the_score_on_name_what_pushed_them_up_and_others_do_not()
    {
        var sink = new MemoryDecisionSink();
        using var graph = new GraphHarness(sink, reasons: new ReasonOptions(From: 70, Max: 2));
        graph.AppendPayments(200);
        await graph.FinishAsync();
        var decisions = GraphHarness.DecisionsOf(sink).ToList();
        Assert.Equal(200, decisions.Count);
        foreach (var decision in decisions)
        {
            if (decision.Score < 70)
            {
                Assert.Empty(decision.Reasons);
                continue;
            }

            var reason = Assert.Single(decision.Reasons);
            var amount = (double)decision.Features.Single().Value!;
            Assert.Equal(("tx_amount", amount, amount, "what it costs"), (reason.Feature, reason.Value, reason.Contribution, reason.Text));
        }

        Assert.Equal(60, decisions.Count(decision => decision.Reasons.Count == 1));
    }

    [Fact]
    public async Task None_are_given_unless_they_are_asked_for()
    {
        var sink = new MemoryDecisionSink();
        using var graph = new GraphHarness(sink);
        graph.AppendPayments(200);
        await graph.FinishAsync();
        Assert.All(GraphHarness.DecisionsOf(sink), decision => Assert.Empty(decision.Reasons));
    }

    [Fact]
    public void The_largest_above_zero_are_kept_in_order() =>
        Gen.Select(Gen.OneOf(Gen.Double[-3, 3], Gen.Const(double.NaN), Gen.Const(0.0), Gen.Const(1.0)).Array[0, 12], Gen.Int[0, 5]).Sample((contributions, max) =>
        {
            int[] features = [.. contributions.Select((_, i) => 100 + i)];
            var reasons = new ReasonColumns(max, rowsMax: 2);
            reasons.Keep(1, features, contributions);
            var expected = contributions.Select((value, i) => (Feature: 100 + i, Value: value)).Where(one => one.Value > 0)
                .OrderByDescending(one => one.Value).ThenBy(one => one.Feature).Take(max).ToList();
            Assert.Equal(expected.Count, reasons.Count[1]);
            Assert.Equal(expected.Select(one => one.Feature), reasons.Features(1)[..expected.Count].ToArray());
            Assert.Equal(expected.Select(one => one.Value), reasons.Contributions(1)[..expected.Count].ToArray());
        });
}
