using System.Globalization;
using StreamScoring.Batches;

namespace StreamScoring.Quality;

/// <summary>Adds a join's tallies up.</summary>
internal sealed class QualityReporter(QualityJoin join)
{
    private const string Shadow = "shadow";

    private static readonly string[] Actions = [.. Enum.GetNames<DecisionAction>().Select(name => name.ToLowerInvariant())];

    /// <summary>The newest complete days, newest first.</summary>
    public IReadOnlyList<int> RecentDays => [.. join.Days.Keys.Reverse().Where(join.IsComplete).Take(join.Options.RecentDays)];

    public static string NameOf(int day) => DateTimeOffset.FromUnixTimeMilliseconds(QualityJoin.EndMsOf(day - 1)).UtcDateTime.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    /// <param name="daysMax">The newest ones.</param>
    public IReadOnlyList<DayQuality> Days(int daysMax) => [.. join.Days.Reverse().Take(daysMax).Select(day => new DayQuality(
        NameOf(day.Key), join.IsComplete(day.Key), join.ShareKnown(day.Key), day.Value.HasGap,
        new DayWeight(day.Value.WeightOf(isMarked: true), day.Value.WeightOf(isMarked: false)), Sum([day.Key]).ToFigures()))];

    public LabelDelay DelayOf(bool isFraud) => new(
        join.Delays.LabelsOf(isFraud), join.Delays.Quantile(isFraud, 0.5)?.TotalSeconds, join.Delays.Quantile(isFraud, join.Options.CompleteShare)?.TotalSeconds);

    public QualityGroups Sum(IEnumerable<int> days)
    {
        var groups = new QualityGroups(join.Options.IsSilenceGenuine);
        foreach (var day in days.Select(number => join.Days[number]))
        {
            foreach (var (number, tally) in day.Tallies)
            {
                var outcome = join.Outcomes[number];
                groups.Add(outcome, tally, day.WeightOf(outcome.IsMarked));
            }
        }

        return groups;
    }

    /// <summary>Sums by model, action and rule.</summary>
    internal sealed class QualityGroups(bool isSilenceGenuine)
    {
        public QualitySum All { get; } = new(isSilenceGenuine);

        public QualitySum Stopped { get; } = new(isSilenceGenuine);

        public SortedDictionary<(string Role, string Model), (QualitySum All, QualitySum Flagged)> Models { get; } = [];

        public SortedDictionary<DecisionAction, QualitySum> ByAction { get; } = [];

        public SortedDictionary<(string Rule, string Action, bool IsShadow), QualitySum> Rules { get; } = [];

        public long RulesUntold { get; private set; }

        public void Add(PaymentOutcome outcome, OutcomeTally tally, long weight)
        {
            var isBlocked = outcome.Action == DecisionAction.Block;
            All.Add(tally, isBlocked, weight);
            Of(ByAction, outcome.Action).Add(tally, isBlocked, weight);
            if (outcome.Action != DecisionAction.Allow)
            {
                Stopped.Add(tally, isBlocked, weight);
            }

            AddModel(outcome.Role, outcome.Model, outcome.IsFlagged);
            foreach (var shadow in outcome.Shadows ?? [])
            {
                AddModel(Shadow, shadow.Model, shadow.IsFlagged);
            }

            foreach (var (rule, action, isShadow) in outcome.Rules ?? [])
            {
                Of(Rules, (rule, action, isShadow)).Add(tally, isBlocked, weight);
            }

            RulesUntold += outcome.Rules is null ? weight * tally.Payments : 0;

            void AddModel(string role, string model, bool isFlagged)
            {
                if (!Models.TryGetValue((role, model), out var sums))
                {
                    Models[(role, model)] = sums = (new QualitySum(isSilenceGenuine), new QualitySum(isSilenceGenuine));
                }

                sums.All.Add(tally, isBlocked, weight);
                if (isFlagged)
                {
                    sums.Flagged.Add(tally, isBlocked, weight);
                }
            }
        }

        public QualityFigures ToFigures() => new(
            All.Counts, Stopped.Counts, Stopped.Precision, Stopped.RecallOf(All),
            [.. Models.Select(model => new ModelQuality(
                model.Key.Role, model.Key.Model, model.Value.All.Counts, model.Value.Flagged.Counts, model.Value.Flagged.Precision, model.Value.Flagged.RecallOf(model.Value.All),
                HasProbability(model.Key.Role) ? model.Value.Flagged.Expected : null))],
            [.. ByAction.Select(action => new ActionQuality(Actions[(int)action.Key], action.Value.Counts, action.Value.Precision))],
            [.. Rules.Select(rule => new RuleQuality(rule.Key.Rule, rule.Key.Action, rule.Key.IsShadow, rule.Value.Counts, rule.Value.Precision, rule.Value.RecallOf(All)))],
            RulesUntold);

        /// <summary>Of a shadow only what it flagged is held.</summary>
        public static bool HasProbability(string role) => role is not (Shadow or PaymentOutcome.NoRole);

        private QualitySum Of<TKey>(SortedDictionary<TKey, QualitySum> sums, TKey key)
            where TKey : notnull
        {
            if (!sums.TryGetValue(key, out var sum))
            {
                sums[key] = sum = new QualitySum(isSilenceGenuine);
            }

            return sum;
        }
    }
}
