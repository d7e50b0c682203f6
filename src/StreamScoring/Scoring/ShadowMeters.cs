using System.Diagnostics.Metrics;
using StreamScoring.Batches;
using StreamScoring.Decisions;
using StreamScoring.Signals;

namespace StreamScoring.Scoring;

/// <summary>
/// What the shadow models answered, and what they would have done where the champion decided.
/// </summary>
public sealed class ShadowMeters
{
    private static readonly string[] Actions = [.. Enum.GetNames<DecisionAction>().Select(name => name.ToLowerInvariant())];

    private readonly RiskThresholds _thresholds;
    private readonly Counter<long>[][] _payments;
    private readonly Counter<long>[][] _actions;
    private readonly Counter<long>[][] _scores;
    private readonly long[] _counts = new long[Actions.Length * Actions.Length];
    private readonly long[] _scoreCounts = new long[ScoreCounts.Count];

    /// <param name="shadows">Ids, in the order of the pipeline's.</param>
    public ShadowMeters(EngineMeter meter, IReadOnlyList<string> shadows, RiskThresholds thresholds)
    {
        var payments = meter.CreateCounter("scoring_shadow_payments_total", "Payments that a shadow model was to score, by what became of them.", ["model", "outcome"]);
        var actions = meter.CreateCounter(
            "scoring_shadow_actions_total", "Decisions that no rule made, by what the champion did and what the shadow model would have done with the same thresholds.", ["model", "champion", "shadow"]);
        var scores = ScoreCounts.Create(meter);
        _thresholds = thresholds;
        _scores = [.. shadows.Select(shadow => ScoreCounts.Of(scores, shadow, "shadow"))];
        _payments = [.. shadows.Select(shadow => Enum.GetNames<ShadowOutcome>().Select(outcome => payments.With(shadow, outcome.ToLowerInvariant())).ToArray())];
        _actions = [.. shadows.Select(shadow => Actions.SelectMany(champion => Actions.Select(other => actions.With(shadow, champion, other))).ToArray())];
    }

    /// <summary>From any lane's thread.</summary>
    public void Asked(int shadow, ShadowOutcome outcome, int payments) => _payments[shadow][(int)outcome].Add(payments);

    /// <summary>
    /// Counts a decided batch. From the deciding thread. Payments that came again and were not
    /// decided anew do not count.
    /// </summary>
    public void Decided(PaymentBatch batch)
    {
        for (var shadow = 0; shadow < _actions.Length; shadow++)
        {
            Array.Clear(_counts);
            Array.Clear(_scoreCounts);
            var probabilities = batch.Shadows.Column(shadow);
            foreach (var rowIndex in batch.DecideRows.AsSpan(0, batch.DecideCount))
            {
                if (ShadowJob.ActionOf(batch, rowIndex) is var action and not ShadowJob.NotCompared && !double.IsNaN(probabilities[rowIndex]))
                {
                    Count(action, probabilities[rowIndex], _counts, _scoreCounts);
                }
            }

            Add(shadow, _counts, _scoreCounts);
        }
    }

    /// <summary>Counts answers that came after their decisions. From any thread.</summary>
    /// <param name="actions">[n] As <see cref="ShadowJob.ActionOf"/> says them.</param>
    /// <param name="probabilities">[n] NaN where there is no answer.</param>
    internal void Compared(int shadow, ReadOnlySpan<byte> actions, ReadOnlySpan<double> probabilities)
    {
        Span<long> counts = stackalloc long[Actions.Length * Actions.Length];
        Span<long> scores = stackalloc long[ScoreCounts.Count];
        counts.Clear();
        scores.Clear();
        for (var i = 0; i < actions.Length; i++)
        {
            if (actions[i] != ShadowJob.NotCompared && !double.IsNaN(probabilities[i]))
            {
                Count(actions[i], probabilities[i], counts, scores);
            }
        }

        Add(shadow, counts, scores);
    }

    private void Count(byte action, double probability, Span<long> counts, Span<long> scores)
    {
        if (action != ShadowJob.ByRule)
        {
            counts[(action * Actions.Length) + (int)_thresholds.ActionOf(probability)]++;
        }

        scores[ScoreCounts.IndexOf(RiskScore.FromProbability(probability))]++;
    }

    private void Add(int shadow, ReadOnlySpan<long> counts, ReadOnlySpan<long> scores)
    {
        ScoreCounts.Add(_actions[shadow], counts);
        ScoreCounts.Add(_scores[shadow], scores);
    }
}
