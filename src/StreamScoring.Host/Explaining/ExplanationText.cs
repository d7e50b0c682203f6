using System.Globalization;
using System.Text;
using StreamScoring.Contracts;

namespace StreamScoring.Host.Explaining;

/// <summary>An explanation for people.</summary>
internal static class ExplanationText
{
    public static string Of(Explanation explanation)
    {
        var record = explanation.Decision;
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"payment {CardNumber.Mask(record.PaymentId)} of {DecisionJson.Iso(record.EventTimeMs)}, read at {CardNumber.Mask(record.Source.ToString())}\n");
        text.Append(CultureInfo.InvariantCulture, $"{record.Action}, decided by {record.DecidedBy ?? "an older release"}, {(record.DecidedAtMs - record.LogTimestampMs).ToString("N0", CultureInfo.InvariantCulture)} ms behind its record{(record.Flags.Count == 0 ? "" : $"; flagged {string.Join(", ", record.Flags)}")}\n");
        text.Append(record.Probability is { } probability
            ? string.Create(CultureInfo.InvariantCulture, $"score {record.Score}, {record.Level}: {record.ModelName}@{Short(record.ModelVersion)} ({record.Role ?? "champion"}) gave {probability:0.######}\n")
            : "no model gave a score\n");
        foreach (var reason in record.Reasons)
        {
            text.Append(CultureInfo.InvariantCulture, $"  because of {reason.Text}: {Shown(reason.Value)} ({reason.Contribution:+0.####;-0.####})\n");
        }

        text.Append("\nfeatures\n");
        foreach (var feature in explanation.Features)
        {
            text.Append(string.Create(CultureInfo.InvariantCulture, $"  {feature.Name,-36} {Shown(feature.Value),14}  {PastOf(feature),-28} {PlaceOf(feature)}").TrimEnd()).Append('\n');
        }

        text.Append(explanation.Rules.Count == 0 ? "\nthere are no rules\n" : "\nrules\n");
        foreach (var rule in explanation.Rules)
        {
            text.Append(CultureInfo.InvariantCulture, $"  {(rule.Fired ? "fired " : "silent")}  {(rule.Rule.IsShadow ? "shadow " : "")}{rule.Rule.ActionName} {rule.Rule.Name}: {string.Join(", ", rule.Values.Select(value => $"{value.Key} = {Shown(value.Value)}"))}\n");
        }

        return text.ToString();
    }

    private static string PastOf(ExplainedFeature feature) => feature.Window is not { } window ? ""
        : $"{feature.Entity}, {WindowText.Of(window)}{(WindowText.DelayOf(window) is { } delay ? $", {delay} ago" : "")}";

    private static string PlaceOf(ExplainedFeature feature) => feature.Place is not { } place ? ""
        : place.IsOutside ? "no training row had such a value"
        : string.Create(CultureInfo.InvariantCulture, $"{place.Below:0.0%} of the training rows lie below, {place.Within:0.0%} beside it");

    private static string Shown(object? value) => value switch
    {
        null => "missing",
        double number => number.ToString("0.######", CultureInfo.InvariantCulture),
        bool truth => truth ? "yes" : "no",
        _ => CardNumber.Mask(value.ToString() ?? ""),
    };

    private static string Short(string hash) => hash[..Math.Min(hash.Length, 19)];
}
