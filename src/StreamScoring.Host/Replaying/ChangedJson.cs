using System.Globalization;
using System.Text.Json.Nodes;
using StreamScoring.Contracts;

namespace StreamScoring.Host.Replaying;

/// <summary>A payment whose two decisions differ, as a line of JSON.</summary>
internal static class ChangedJson
{
    private static readonly ReplayDifference[] Differences = [ReplayDifference.Features, ReplayDifference.Score, ReplayDifference.Action, ReplayDifference.Rules];

    /// <param name="topic">Of the payments, as <c>region/topic</c>.</param>
    public static JsonObject Of(ChangedPayment changed, string topic)
    {
        var recorded = changed.Recorded;
        return new JsonObject
        {
            ["decision_id"] = string.Create(CultureInfo.InvariantCulture, $"{topic}/{recorded.Partition}/{recorded.Offset}"),
            ["payment_id"] = CardNumber.Mask(recorded.PaymentId),
            ["event_time"] = DecisionJson.Iso(recorded.EventTimeMs),
            ["approximate"] = recorded.Flags.HasFlag(Batches.VerdictFlags.Approximate),
            ["differences"] = new JsonArray([.. Differences.Where(difference => changed.Differences.HasFlag(difference)).Select(difference => (JsonNode?)difference.ToString().ToLowerInvariant())]),
            ["recorded"] = Verdict(ReplayOutcome.Of(recorded), recorded.Rules, recorded.ShadowRules),
            ["replayed"] = Verdict(changed.Replayed, changed.Rules, changed.ShadowRules),
            ["features"] = new JsonObject(changed.Features.Select(feature => KeyValuePair.Create(
                feature.Name, (JsonNode?)new JsonArray(Value(feature.Recorded), Value(feature.Replayed))))),
        };
    }

    private static JsonObject Verdict(in ReplayOutcome outcome, IReadOnlyList<string> rules, IReadOnlyList<string> shadowRules) => new()
    {
        ["action"] = ReplaySummary.NameOf(outcome.Action),
        ["score"] = outcome.Score,
        ["probability"] = Value(outcome.Probability),
        ["rules"] = new JsonArray([.. rules.Select(rule => (JsonNode?)rule)]),
        ["shadow_rules"] = new JsonArray([.. shadowRules.Select(rule => (JsonNode?)rule)]),
    };

    private static JsonValue? Value(object? value) => value switch
    {
        null or double.NaN => null,
        double number => JsonValue.Create(number),
        _ => JsonValue.Create(value.ToString()),
    };
}
