using System.Globalization;
using System.Text.Json;

namespace StreamScoring.Contracts;

/// <summary>A decision as JSON. The names are a contract.</summary>
public static class DecisionJson
{
    private static readonly long UnixMsMin = DateTimeOffset.MinValue.ToUnixTimeMilliseconds();
    private static readonly long UnixMsMax = DateTimeOffset.MaxValue.ToUnixTimeMilliseconds();

    public static void Write(Utf8JsonWriter writer, DecisionRecord decision)
    {
        ArgumentNullException.ThrowIfNull(writer);
        ArgumentNullException.ThrowIfNull(decision);
        writer.WriteStartObject();
        writer.WriteString("decision_id", decision.Source.ToString());
        writer.WriteString("payment_id", decision.PaymentId);
        writer.WriteStartObject("source");
        writer.WriteString("region", decision.Source.Region);
        writer.WriteString("topic", decision.Source.Topic);
        writer.WriteNumber("partition", decision.Source.Partition);
        writer.WriteNumber("offset", decision.Source.Offset);
        writer.WriteEndObject();
        writer.WriteString("event_time", Iso(decision.EventTimeMs));
        writer.WriteString("log_time", Iso(decision.LogTimestampMs));
        writer.WriteString("received_at", Iso(decision.ReceivedAtMs));
        writer.WriteString("decided_at", Iso(decision.DecidedAtMs));
        writer.WriteString("action", decision.Action);
        writer.WriteNumber("score", decision.Score);
        writer.WriteString("level", decision.Level);
        WriteNumber(writer, "probability", decision.Probability);
        WriteNumber(writer, "raw", decision.Raw);
        writer.WriteString("rung", decision.Rung);
        writer.WriteStartObject("model");
        writer.WriteString("name", decision.ModelName);
        writer.WriteString("version", decision.ModelVersion);
        writer.WriteString("engine", decision.Engine);
        writer.WriteEndObject();
        writer.WriteStartArray("shadow");
        foreach (var shadow in decision.Shadow)
        {
            writer.WriteStartObject();
            writer.WriteString("model", shadow.Model);
            WriteNumber(writer, "probability", shadow.Probability);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        WriteTexts(writer, "rules", decision.Rules);
        WriteTexts(writer, "shadow_rules", decision.ShadowRules);
        writer.WriteStartArray("reasons");
        foreach (var reason in decision.Reasons)
        {
            writer.WriteStartObject();
            writer.WriteString("feature", reason.Feature);
            WriteNumber(writer, "value", reason.Value);
            WriteNumber(writer, "contribution", reason.Contribution);
            writer.WriteString("text", reason.Text);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteStartObject("features");
        foreach (var (name, value) in decision.Features)
        {
            if (value is string text)
            {
                writer.WriteString(name, text);
            }
            else
            {
                WriteNumber(writer, name, (double?)value);
            }
        }

        writer.WriteEndObject();
        writer.WriteString("feature_file", decision.FeatureFile);
        writer.WriteString("rule_file", decision.RuleFile);
        writer.WriteString("config", decision.Config);
        WriteTexts(writer, "flags", decision.Flags);
        writer.WriteStartObject("bounds");
        foreach (var (feature, bound) in decision.Bounds)
        {
            WriteNumber(writer, feature, bound);
        }

        writer.WriteEndObject();
        writer.WriteStartObject("staleness_seconds");
        foreach (var (region, seconds) in decision.StalenessSeconds)
        {
            WriteNumber(writer, region, double.IsNaN(seconds) ? null : seconds);
        }

        writer.WriteEndObject();
        writer.WriteStartObject("timings_ms");
        writer.WriteNumber("queued", decision.TimingsMs.Queued);
        writer.WriteNumber("features", decision.TimingsMs.Features);
        writer.WriteNumber("score", decision.TimingsMs.Score);
        writer.WriteNumber("decide", decision.TimingsMs.Decide);
        writer.WriteNumber("total", decision.TimingsMs.Total);
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    /// <summary>Reads a decision back. A whole number is a double here, as every number among the features is.</summary>
    /// <exception cref="JsonException">The bytes are no decision.</exception>
    public static DecisionRecord Read(ReadOnlyMemory<byte> bytes) => JsonFields.Read(bytes, DecisionJsonReader.Read);

    /// <summary>ISO 8601 in UTC with milliseconds. A record's timestamp may be any number: one beyond the calendar becomes its end.</summary>
    public static string Iso(long unixMs) =>
        DateTimeOffset.FromUnixTimeMilliseconds(Math.Clamp(unixMs, UnixMsMin, UnixMsMax)).ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    private static void WriteNumber(Utf8JsonWriter writer, string name, double? value)
    {
        if (value is { } number && double.IsFinite(number))
        {
            writer.WriteNumber(name, number);
        }
        else
        {
            writer.WriteNull(name);
        }
    }

    private static void WriteTexts(Utf8JsonWriter writer, string name, IReadOnlyList<string> texts)
    {
        writer.WriteStartArray(name);
        foreach (var text in texts)
        {
            writer.WriteStringValue(text);
        }

        writer.WriteEndArray();
    }
}
