using System.Globalization;
using StreamScoring.Configuration;
using StreamScoring.Features;
using StreamScoring.Lists;
using StreamScoring.Rules;

namespace StreamScoring.Workloads;

/// <summary>
/// Rules as analysts write them, over any feature file: comparisons of features and scores, sums,
/// texts, lists, a zone's hours, money. They differ in features and bounds.
/// </summary>
public static class RuleMix
{
    private static readonly string[] Actions = ["block", "challenge", "review", "shadow block"];

    public static PolicyRules Of(FeatureFile file, int count)
    {
        ArgumentNullException.ThrowIfNull(file);
        string[] numbers = [.. file.Schema.Names.Where((_, i) => !file.Schema.IsText(i))];
        var text = string.Join('\n', Enumerable.Range(0, count).Select(i => $"{Actions[i % Actions.Length]} rule_{i} when {Condition(i)}"));
        var world = new RuleWorld(file.Schema, file.Layout.AttributeNames) { ListNames = ["listed"], Shadows = [] };
        var rules = RuleFiles.Parse("mix", text, world);
        var listed = Enumerable.Range(0, 1000).Select(entry => new ListEntry($"{entry}", ListEntry.Forever, null));
        return new PolicyRules(rules, world with
        {
            Lists = rules.Uses.Lists.ToDictionary(list => list.Key, list => EntryList.Of(list.Key, "", list.Value, listed), StringComparer.Ordinal),
        });

        string Condition(int i)
        {
            var (a, b, c) = (numbers[i % numbers.Length], numbers[(i + 3) % numbers.Length], numbers[(i + 7) % numbers.Length]);
            return (i % 10) switch
            {
                0 => $"{a} > {Bound(i)} and {b} > {Bound(i + 1)}",
                1 => $"{a} > {Bound(i)} and score >= {i}",
                2 => $"hour(event_time, \"Europe/Berlin\") < 6 and amount > {300 + i}",
                3 => $"customer_id in @listed and {a} > {Bound(i)}",
                4 => $"{a} between {i} and {i + 3} or {c} > {Bound(i)}",
                5 => $"terminal_id in (\"1{i}\", \"2{i}\", \"3{i}\", \"4{i}\", \"5{i}\", \"6{i}\") and score > 50",
                6 => $"amount > {i} * {b}",
                7 => $"not (score < {i}) and {c} is not missing and {a} > {Bound(i)}",
                8 => $"channel == \"online\" and currency == \"EUR\" and {b} > {Bound(i)}",
                _ => $"{a} is missing and amount > {400 + i} EUR",
            };
        }

        static string Bound(int i) => (50 + (i * 1.5)).ToString(CultureInfo.InvariantCulture);
    }
}
