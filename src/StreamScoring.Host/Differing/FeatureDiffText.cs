using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using StreamScoring.Features;

namespace StreamScoring.Host.Differing;

/// <summary>What a comparison of served features found, for people and for scripts.</summary>
internal static class FeatureDiffText
{
    private const int ExamplesMax = 10;

    private static readonly DifferenceCause[] Causes = Enum.GetValues<DifferenceCause>();

    /// <summary>One object; differences are values: one for each feature of a payment.</summary>
    public static JsonObject ToJson(FeatureDiff diff, FeatureFile features) => new()
    {
        ["payments"] = diff.Compared,
        ["alike"] = diff.Compared - PaymentsOf(diff.Differences),
        ["not_in_table"] = diff.NotInTable,
        ["not_served"] = diff.NotServed,
        ["differences"] = Counts(diff.Differences),
        ["features"] = new JsonArray([.. ByFeature(diff, features).Select(of => (JsonNode)new JsonObject { ["name"] = of.Name, ["payments"] = of.Differences.Count, ["differences"] = Counts(of.Differences) })]),
    };

    public static string Of(FeatureDiff diff, FeatureFile features)
    {
        var text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture, $"{diff.Compared:N0} payments compared, {features.Schema.Names.Count} features; {diff.Compared - PaymentsOf(diff.Differences):N0} payments are alike");
        if (diff.NotInTable > 0)
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"{diff.NotInTable:N0} payments were served and are not in the tables: windows that hold them differ");
        }

        if (diff.NotServed > 0)
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"{diff.NotServed:N0} payments of the tables, of the time that was served, have no decision in the export: windows that hold them may differ");
        }

        foreach (var cause in Causes)
        {
            var of = diff.Differences.Where(difference => difference.Cause == cause).ToList();
            if (of.Count > 0)
            {
                text.AppendLine(CultureInfo.InvariantCulture, $"{NameOf(cause),-12} {of.Count,9:N0} values of {PaymentsOf(of),9:N0} payments: {Meaning(cause)}");
            }
        }

        foreach (var (name, differences) in ByFeature(diff, features))
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"  {name}: {differences.Count:N0} ({string.Join(", ", Causes.Select(cause => (cause, Count: differences.Count(difference => difference.Cause == cause))).Where(of => of.Count > 0).Select(of => FormattableString.Invariant($"{NameOf(of.cause)} {of.Count:N0}")))})");
        }

        foreach (var difference in diff.Differences.OrderByDescending(difference => difference.Cause).Take(ExamplesMax))
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"  {difference.PaymentId}: {features.Schema.Names[difference.Feature]} was served as {Served(difference)}, and is {Computed(difference)} ({NameOf(difference.Cause)})");
        }

        return text.ToString().TrimEnd();
    }

    /// <summary>As scripts read it.</summary>
    public static string NameOf(DifferenceCause cause) => JsonNamingPolicy.SnakeCaseLower.ConvertName(cause.ToString());

    public static string Served(FeatureDifference difference) => Value(difference.Served, difference.ServedText);

    public static string Computed(FeatureDifference difference) => Value(difference.Computed, difference.ComputedText);

    private static string Value(double number, string? text) => text ?? (double.IsNaN(number) ? "missing" : number.ToString("R", CultureInfo.InvariantCulture));

    private static string Meaning(DifferenceCause cause) => cause switch
    {
        DifferenceCause.FeatureFile => "another feature file served them; compare each time with its own file",
        DifferenceCause.Duplicate => "the payment was published again, and its first decision was repeated",
        DifferenceCause.Late => "payments did not come in the order of their event times; in the order in which they were decided the tables give what was served",
        DifferenceCause.Approximate => "estimates of hot keys, within the bounds that decisions give",
        DifferenceCause.Evicted => "events were evicted early, or payments came later than lateness allows; raise state.megabytesMax, exact_events or lateness",
        DifferenceCause.Labels => "the feature looks at labels, and the deployment learned of them at other times, or of others",
        _ => "the deployment knew other payments: from before the tables begin, from other regions, or fewer, if it began later than they do; or it folded them in an order that decisions do not tell (scoring replay follows it)",
    };

    private static IEnumerable<(string Name, List<FeatureDifference> Differences)> ByFeature(FeatureDiff diff, FeatureFile features) =>
        diff.Differences.GroupBy(difference => difference.Feature).OrderBy(of => of.Key).Select(of => (features.Schema.Names[of.Key], of.ToList()));

    private static int PaymentsOf(IEnumerable<FeatureDifference> differences) => differences.Select(difference => difference.Row).Distinct().Count();

    private static JsonObject Counts(IReadOnlyCollection<FeatureDifference> differences)
    {
        var counts = new JsonObject();
        foreach (var cause in Causes)
        {
            counts[NameOf(cause)] = differences.Count(difference => difference.Cause == cause);
        }

        return counts;
    }
}
