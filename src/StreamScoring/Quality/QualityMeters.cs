using System.Diagnostics.Metrics;
using StreamScoring.Signals;

namespace StreamScoring.Quality;

/// <summary>
/// Quality as metrics: counts of the newest complete days together, so that those of several
/// processes add up and no day has a series of its own.
/// </summary>
internal sealed class QualityMeters
{
    /// <summary>Models in a role of the newest days, and rules, of which is told.</summary>
    public const int ModelsMax = 32, RulesMax = 256;

    private static readonly string[] Knowns = ["fraud", "genuine", "silent", "blocked"];
    private static readonly string[] Flags = ["true", "false"];
    private static readonly string[] LabelOutcomes = [.. Enum.GetNames<LabelOutcome>().Select(name => System.Text.Json.JsonNamingPolicy.SnakeCaseLower.ConvertName(name)), "joined_later", "missed"];

    private readonly GaugeSeries _models, _expected, _actions, _rules, _delays;
    private readonly Gauge<double>[] _labels;
    private readonly Gauge<double> _days, _newest;
    private readonly Gauge<long> _held;
    private readonly Counter<long> _dropped;

    public QualityMeters(EngineMeter meter)
    {
        _models = new GaugeSeries(meter.CreateDoubleGauge("scoring_quality_payments", "Payments of the newest complete days by the model that scored them, whether its score alone asks for more than to allow, and what is known of them.", ["model", "role", "flagged", "known"]), ModelsMax * Flags.Length * Knowns.Length);
        _expected = new GaugeSeries(meter.CreateDoubleGauge("scoring_quality_expected_frauds", "Frauds among the flagged payments of the newest complete days, by what the model's probabilities promise.", ["model", "role"]), ModelsMax);
        _actions = new GaugeSeries(meter.CreateDoubleGauge("scoring_quality_action_payments", "Payments of the newest complete days by what was done with them and what is known of them.", ["action", "known"]), 4 * Knowns.Length);
        _rules = new GaugeSeries(meter.CreateDoubleGauge("scoring_quality_rule_payments", "Payments of the newest complete days for which a rule fired, by what is known of them.", ["rule", "action", "shadow", "known"]), RulesMax * Knowns.Length);
        _delays = new GaugeSeries(meter.CreateDoubleGauge("scoring_quality_label_delay_seconds", "By when after their payments most labels are known, of those that came lately.", ["known"]), 2);
        var labels = meter.CreateDoubleGauge("scoring_quality_labels", "Labels that were read, by what became of them.", ["outcome"]);
        _labels = [.. LabelOutcomes.Select(outcome => labels.With(outcome))];
        var days = meter.CreateDoubleGauge("scoring_quality_days", "Days of event time that are held, by whether their labels are there.", ["complete"]);
        (_days, _newest) = (days.With("true"), days.With("false"));
        _held = meter.CreateGauge("scoring_quality_held_payments", "Decisions that are held to be joined with labels.");
        _dropped = meter.CreateCounter("scoring_quality_dropped_total", "Decisions and labels that do not count, as too many waited to be counted.");
    }

    public void Dropped(long count) => _dropped.Add(count);

    public void Tell(QualityJoin join, QualityReporter reporter, long missed)
    {
        var recent = reporter.Sum(reporter.RecentDays);
        // Those with the most payments are told where there are too many.
        var models = recent.Models.OrderByDescending(model => model.Value.All.Counts.Payments).ToList();
        _models.Tell(models.SelectMany(model =>
        {
            var (all, flagged) = (CountsOf(model.Value.All), CountsOf(model.Value.Flagged));
            return Knowns.Index().SelectMany(known => new[]
            {
                (new[] { model.Key.Model, model.Key.Role, Flags[0], known.Item }, (double)flagged[known.Index]),
                (new[] { model.Key.Model, model.Key.Role, Flags[1], known.Item }, (double)(all[known.Index] - flagged[known.Index])),
            });
        }));
        _expected.Tell(models.Where(model => QualityReporter.QualityGroups.HasProbability(model.Key.Role)).Select(model => (new[] { model.Key.Model, model.Key.Role }, model.Value.Flagged.ExpectedFrauds)));
        _actions.Tell(recent.ByAction.SelectMany(action => Series(action.Value, action.Key.ToString().ToLowerInvariant())));
        _rules.Tell(recent.Rules.OrderByDescending(rule => rule.Value.Counts.Payments)
            .SelectMany(rule => Series(rule.Value, rule.Key.Rule, rule.Key.Action, rule.Key.IsShadow ? Flags[0] : Flags[1])));
        _delays.Tell(new[] { (Known: Knowns[0], Delay: reporter.DelayOf(isFraud: true).CompleteSeconds), (Known: Knowns[1], Delay: reporter.DelayOf(isFraud: false).CompleteSeconds) }
            .Where(delay => delay.Delay is not null).Select(delay => (new[] { delay.Known }, delay.Delay!.Value)));
        foreach (var outcome in Enum.GetValues<LabelOutcome>())
        {
            _labels[(int)outcome].Record(join.LabelsThat(outcome));
        }

        _labels[^2].Record(join.LabelsJoinedLater);
        _labels[^1].Record(missed);
        var complete = join.Days.Keys.Count(join.IsComplete);
        _days.Record(complete);
        _newest.Record(join.Days.Count - complete);
        _held.Record(join.Held);
    }

    private static IEnumerable<(string[] Labels, double Value)> Series(QualitySum sum, params string[] labels) =>
        CountsOf(sum).Index().Select(count => ((string[])[.. labels, Knowns[count.Index]], (double)count.Item));

    private static long[] CountsOf(QualitySum sum) => [sum.Counts.Frauds, sum.Counts.Genuine, sum.Counts.Silent, sum.Counts.Blocked];
}
