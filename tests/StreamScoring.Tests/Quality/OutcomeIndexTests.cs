using StreamScoring.Batches;
using StreamScoring.Decisions;
using StreamScoring.Quality;
using StreamScoring.Rules;
using StreamScoring.Scoring;
using StreamScoring.Tests.Graph;

namespace StreamScoring.Tests.Quality;

public sealed class OutcomeIndexTests
{
    private const int RuleCount = 70;

    private static readonly Rule[] Rules = [.. Enumerable.Range(0, RuleCount).Select(i => new Rule($"r{i}", RuleAction.Block, IsShadow: i % 2 == 1, long.MaxValue, i + 1))];
    private static readonly string[] Shadows = [.. Enumerable.Range(0, 40).Select(i => $"s{i}")];

    private readonly PaymentBatch _batch = new(TestBatch.Layout, 8, 64);
    private readonly OutcomeIndex _index = new([new ServedModel(ModelRole.Canary, new FakeModel(), [0]), new ServedModel(ModelRole.Champion, new FakeModel(), [0])], Shadows, new RiskThresholds(), Rules);

    public OutcomeIndexTests()
    {
        _batch.MakeRoom(Shadows.Length, 0, RuleCount);
        for (var shadow = 0; shadow < Shadows.Length; shadow++)
        {
            _batch.Shadows.Column(shadow).Fill(double.NaN);
        }

        _batch.Rules.ClearAll(8);
        _batch.ModelGiven.AsSpan().Fill(1);
    }

    [Fact]
    public void An_outcome_says_role_verdict_action_and_which_rules_and_shadows_had_something_to_say()
    {
        (_batch.Probability[0], _batch.Action[0]) = (0.6, DecisionAction.Block);
        _batch.Rules.Set(0, 0);
        _batch.Rules.Set(0, 69);
        (_batch.Shadows.Column(1)[0], _batch.Shadows.Column(39)[0]) = (0.1, 0.9);
        var outcome = _index.Of(_batch, 0);
        Assert.Equal(("champion", "fake@000000000000", true, DecisionAction.Block), (outcome.Role, outcome.Model, outcome.IsFlagged, outcome.Action));
        Assert.Equal([new FiredRule("r0", "block", IsShadow: false), new FiredRule("r69", "block", IsShadow: true)], outcome.Rules!);
        Assert.Equal([new ShadowVerdict("s1", IsFlagged: false), new ShadowVerdict("s39", IsFlagged: true)], outcome.Shadows!);
    }

    [Fact]
    public void Payments_of_one_outcome_share_it_and_others_do_not()
    {
        _batch.Probability.AsSpan().Fill(0.1);
        _batch.ModelGiven[2] = PaymentBatch.NoModel;
        _batch.Probability[2] = double.NaN;
        _batch.Rules.Set(3, 64);
        var outcomes = new[] { 0, 1, 2, 3, 0 }.Select(row => _index.Of(_batch, row)).ToList();
        Assert.Same(outcomes[0], outcomes[1]);
        Assert.Same(outcomes[0], outcomes[4]);
        Assert.Equal(3, outcomes.Distinct(ReferenceEqualityComparer.Instance).Count());
        // Without a score the policy's action for such payments is to review.
        Assert.Equal((PaymentOutcome.NoRole, "", true), (outcomes[2].Role, outcomes[2].Model, outcomes[2].IsFlagged));
        Assert.Equal([false, false, true, true, false], outcomes.Select(outcome => outcome.IsMarked));
    }

    [Fact]
    public void Beyond_a_number_of_outcomes_rules_of_new_ones_are_not_told_and_all_else_is()
    {
        _batch.Probability[0] = 0.1;
        for (var i = 0; i < OutcomeIndex.OutcomesMax + 100; i++)
        {
            _batch.Rules.ClearAll(1);
            for (var bit = 0; bit < 12; bit++)
            {
                if ((i >> bit & 1) != 0)
                {
                    _batch.Rules.Set(0, bit);
                }
            }

            var outcome = _index.Of(_batch, 0);
            Assert.Equal(i < OutcomeIndex.OutcomesMax, outcome.Rules is not null);
            Assert.Equal(("champion", false, DecisionAction.Allow), (outcome.Role, outcome.IsFlagged, outcome.Action));
            Assert.Same(outcome, _index.Of(_batch, 0));
        }
    }
}
