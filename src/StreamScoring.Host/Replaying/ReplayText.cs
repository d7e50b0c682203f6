using System.Globalization;
using System.Text;
using StreamScoring.Batches;

namespace StreamScoring.Host.Replaying;

/// <summary>What a replay found, for people.</summary>
internal static class ReplayText
{
    public static string Of(ReplaySummary summary)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{summary.Payments:N0} payments, {summary.Compared:N0} compared, {summary.Missing:N0} missing\n");
        text.Append(CultureInfo.InvariantCulture, $"that differ: {summary.Changed:N0}; in features {summary.Differences[0]:N0}, score {summary.Differences[1]:N0}, action {summary.Differences[2]:N0}, rules {summary.Differences[3]:N0}\n\n");
        text.Append(CultureInfo.InvariantCulture, $"{"was / is now",-14}");
        var actions = Enum.GetValues<DecisionAction>();
        foreach (var action in actions)
        {
            text.Append(CultureInfo.InvariantCulture, $" {ReplaySummary.NameOf(action),12}");
        }

        foreach (var recorded in actions)
        {
            text.Append(CultureInfo.InvariantCulture, $"\n{ReplaySummary.NameOf(recorded),-14}");
            foreach (var replayed in actions)
            {
                text.Append(CultureInfo.InvariantCulture, $" {summary.Actions[(int)recorded, (int)replayed],12:N0}");
            }
        }

        return text.ToString();
    }

    /// <summary>What is to be known beside the numbers.</summary>
    public static IEnumerable<string> Notices(ReplaySummary summary, ReplayFindings findings, ReplayChanges changes)
    {
        foreach (var (reason, count) in findings.Why)
        {
            yield return FormattableString.Invariant($"missing, {count:N0}: {reason}");
        }

        if (findings.Poison > 0)
        {
            yield return FormattableString.Invariant($"records of the decisions that are none and were skipped: {findings.Poison:N0}");
        }

        if (summary.ChangedApproximate > 0)
        {
            yield return FormattableString.Invariant($"of the payments that differ, {summary.ChangedApproximate:N0} are flagged approximate: what they saw depended on when memory was reclaimed");
        }

        if (summary.OtherPolicy > 0 && !changes.Any)
        {
            yield return FormattableString.Invariant($"payments that were decided by another policy than what the topology and its logs have: {summary.OtherPolicy:N0}. With a policy of files only the files of now are at hand");
        }

        if (summary.Features.Count > 0)
        {
            yield return $"features that differ: {string.Join(", ", summary.Features.OrderByDescending(feature => feature.Value).Take(8).Select(feature => FormattableString.Invariant($"{feature.Key} {feature.Value:N0}")))}";
        }
    }
}
