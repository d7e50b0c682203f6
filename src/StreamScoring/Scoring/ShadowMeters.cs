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
    private readonly long[] _counts = new long[Actions.Length * Actions.Length];

    /// <param name="shadows">Ids, in the order of the pipeline's.</param>
    public ShadowMeters(EngineMeter meter, IReadOnlyList<string> shadows, RiskThresholds thresholds)
    {
        var payments = meter.CreateCounter("scoring_shadow_payments_total", "Payments that a shadow model was to score, by what became of them.", ["model", "outcome"]);
        var actions = meter.CreateCounter(
            "scoring_shadow_actions_total", "Decisions by what the champion did and what the shadow model would have done with the same thresholds.", ["model", "champion", "shadow"]);
        _thresholds = thresholds;
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
            var probabilities = batch.Shadows.Column(shadow);
            foreach (var rowIndex in batch.DecideRows.AsSpan(0, batch.DecideCount))
            {
                if (!batch.IsDuplicate[rowIndex] && !double.IsNaN(probabilities[rowIndex]))
                {
                    _counts[((int)batch.Action[rowIndex] * Actions.Length) + (int)_thresholds.ActionOf(probabilities[rowIndex])]++;
                }
            }

            for (var i = 0; i < _counts.Length; i++)
            {
                if (_counts[i] > 0)
                {
                    _actions[shadow][i].Add(_counts[i]);
                }
            }
        }
    }
}
