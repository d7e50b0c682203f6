using System.Text.Json;

namespace StreamScoring.Contracts;

/// <summary>Reads back what <see cref="DecisionJson"/> writes. Fields that this release does not know are skipped.</summary>
internal static class DecisionJsonReader
{
    public static DecisionRecord Read(JsonElement root)
    {
        var model = root.Field("model");
        var timings = root.Field("timings_ms");
        return new DecisionRecord
        {
            Source = root.Source(),
            SourceTopicId = root.Field("source").OptionalText("topic_id"),
            PaymentId = root.Text("payment_id"),
            EventTimeMs = root.Time("event_time"),
            LogTimestampMs = root.Time("log_time"),
            ReceivedAtMs = root.Time("received_at"),
            DecidedAtMs = root.Time("decided_at"),
            Action = root.Text("action"),
            Score = root.SmallInteger("score"),
            Level = root.Text("level"),
            Probability = root.Number("probability"),
            Raw = root.Number("raw"),
            Rung = root.Text("rung"),
            ModelName = model.Text("name"),
            ModelVersion = model.Text("version"),
            Engine = model.Text("engine"),
            Features = [.. root.Field("features", JsonValueKind.Object).EnumerateObject().Select(Feature)],
            Rules = Texts(root, "rules"),
            ShadowRules = Texts(root, "shadow_rules"),
            Reasons = [.. Items(root, "reasons").Select(reason => new DecisionReason(
                reason.Text("feature"), reason.Number("value") ?? double.NaN, reason.Number("contribution") ?? double.NaN, reason.Text("text")))],
            Shadow = [.. Items(root, "shadow").Select(shadow => new ShadowScore(shadow.Text("model"), shadow.Number("probability") ?? double.NaN))],
            FeatureFile = root.Text("feature_file"),
            RuleFile = root.OptionalText("rule_file"),
            Config = root.Text("config"),
            Flags = Texts(root, "flags"),
            StalenessSeconds = [.. root.Field("staleness_seconds", JsonValueKind.Object).EnumerateObject()
                .Select(region => new KeyValuePair<string, double>(region.Name, JsonFields.NumberOf(region.Value, "staleness_seconds") ?? double.NaN))],
            TimingsMs = new DecisionTimings(
                timings.Number("queued") ?? 0, timings.Number("features") ?? 0, timings.Number("score") ?? 0, timings.Number("decide") ?? 0, timings.Number("total") ?? 0),
            Bounds = root.TryGetProperty("bounds", out var bounds)
                ? [.. bounds.EnumerateObject().Select(bound => new KeyValuePair<string, double?>(bound.Name, JsonFields.NumberOf(bound.Value, "bounds")))]
                : [],
            Policy = root.OptionalText("policy"),
            DecidedBy = root.OptionalText("decided_by"),
            Role = root.OptionalText("role"),
        };
    }

    private static KeyValuePair<string, object?> Feature(JsonProperty feature) =>
        new(feature.Name, feature.Value.ValueKind == JsonValueKind.String ? JsonFields.TextOf(feature.Value, "features") : JsonFields.NumberOf(feature.Value, "features"));

    private static JsonElement.ArrayEnumerator Items(JsonElement element, string name) => element.Field(name, JsonValueKind.Array).EnumerateArray();

    private static string[] Texts(JsonElement element, string name) => [.. Items(element, name).Select(text => JsonFields.TextOf(text, name))];
}
