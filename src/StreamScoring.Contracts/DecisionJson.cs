using System.Globalization;
using System.Text.Json;

namespace StreamScoring.Contracts;

/// <summary>A decision as JSON.</summary>
public static class DecisionJson
{
    /// <summary>Bytes of a time: <c>2026-01-31T23:59:59.999Z</c>.</summary>
    internal const int IsoBytes = 24;

    private const string IsoFormat = "yyyy-MM-dd'T'HH:mm:ss.fff'Z'";

    private static readonly long UnixMsMin = DateTimeOffset.MinValue.ToUnixTimeMilliseconds();
    private static readonly long UnixMsMax = DateTimeOffset.MaxValue.ToUnixTimeMilliseconds();

    public static void Write(Utf8JsonWriter writer, DecisionRecord decision)
    {
        ArgumentNullException.ThrowIfNull(writer);
        ArgumentNullException.ThrowIfNull(decision);
        writer.WriteStartObject();
        writer.WriteString(DecisionJsonNames.DecisionId, decision.Source.ToString());
        writer.WriteString(DecisionJsonNames.PaymentId, decision.PaymentId);
        writer.WriteStartObject(DecisionJsonNames.Source);
        writer.WriteString(DecisionJsonNames.Region, decision.Source.Region);
        writer.WriteString(DecisionJsonNames.Topic, decision.Source.Topic);
        writer.WriteNumber(DecisionJsonNames.Partition, decision.Source.Partition);
        writer.WriteNumber(DecisionJsonNames.Offset, decision.Source.Offset);
        if (decision.SourceTopicId is { } topicId)
        {
            writer.WriteString(DecisionJsonNames.TopicId, topicId);
        }

        writer.WriteEndObject();
        writer.WriteString(DecisionJsonNames.EventTime, Iso(decision.EventTimeMs));
        writer.WriteString(DecisionJsonNames.LogTime, Iso(decision.LogTimestampMs));
        writer.WriteString(DecisionJsonNames.ReceivedAt, Iso(decision.ReceivedAtMs));
        writer.WriteString(DecisionJsonNames.DecidedAt, Iso(decision.DecidedAtMs));
        writer.WriteString(DecisionJsonNames.Action, decision.Action);
        writer.WriteNumber(DecisionJsonNames.Score, decision.Score);
        writer.WriteString(DecisionJsonNames.Level, decision.Level);
        WriteNumber(writer, DecisionJsonNames.Probability, decision.Probability);
        WriteNumber(writer, DecisionJsonNames.Raw, decision.Raw);
        writer.WriteString(DecisionJsonNames.Rung, decision.Rung);
        writer.WriteStartObject(DecisionJsonNames.Model);
        writer.WriteString(DecisionJsonNames.Name, decision.ModelName);
        writer.WriteString(DecisionJsonNames.Version, decision.ModelVersion);
        writer.WriteString(DecisionJsonNames.Engine, decision.Engine);
        writer.WriteEndObject();
        writer.WriteStartArray(DecisionJsonNames.Shadow);
        foreach (var shadow in decision.Shadow)
        {
            writer.WriteStartObject();
            writer.WriteString(DecisionJsonNames.Model, shadow.Model);
            WriteNumber(writer, DecisionJsonNames.Probability, shadow.Probability);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        WriteTexts(writer, DecisionJsonNames.Rules, decision.Rules);
        WriteTexts(writer, DecisionJsonNames.ShadowRules, decision.ShadowRules);
        writer.WriteStartArray(DecisionJsonNames.Reasons);
        foreach (var reason in decision.Reasons)
        {
            writer.WriteStartObject();
            writer.WriteString(DecisionJsonNames.Feature, reason.Feature);
            WriteNumber(writer, DecisionJsonNames.Value, reason.Value);
            WriteNumber(writer, DecisionJsonNames.Contribution, reason.Contribution);
            writer.WriteString(DecisionJsonNames.Text, reason.Text);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteStartObject(DecisionJsonNames.Features);
        foreach (var (name, value) in decision.Features)
        {
            if (value is string text)
            {
                writer.WriteString(name, text);
            }
            else
            {
                writer.WritePropertyName(name);
                WriteNumberValue(writer, (double?)value);
            }
        }

        writer.WriteEndObject();
        writer.WriteString(DecisionJsonNames.FeatureFile, decision.FeatureFile);
        writer.WriteString(DecisionJsonNames.RuleFile, decision.RuleFile);
        writer.WriteString(DecisionJsonNames.Config, decision.Config);
        WriteTexts(writer, DecisionJsonNames.Flags, decision.Flags);
        writer.WriteStartObject(DecisionJsonNames.Bounds);
        foreach (var (feature, bound) in decision.Bounds)
        {
            writer.WritePropertyName(feature);
            WriteNumberValue(writer, bound);
        }

        writer.WriteEndObject();
        writer.WriteStartObject(DecisionJsonNames.StalenessSeconds);
        foreach (var (region, seconds) in decision.StalenessSeconds)
        {
            writer.WritePropertyName(region);
            WriteNumberValue(writer, seconds);
        }

        writer.WriteEndObject();
        writer.WriteStartObject(DecisionJsonNames.TimingsMs);
        writer.WriteNumber(DecisionJsonNames.Queued, decision.TimingsMs.Queued);
        writer.WriteNumber(DecisionJsonNames.Features, decision.TimingsMs.Features);
        writer.WriteNumber(DecisionJsonNames.Score, decision.TimingsMs.Score);
        writer.WriteNumber(DecisionJsonNames.Decide, decision.TimingsMs.Decide);
        writer.WriteNumber(DecisionJsonNames.Total, decision.TimingsMs.Total);
        writer.WriteEndObject();
        writer.WriteString(DecisionJsonNames.Policy, decision.Policy);
        writer.WriteString(DecisionJsonNames.DecidedBy, decision.DecidedBy);
        writer.WriteString(DecisionJsonNames.Role, decision.Role);
        writer.WriteEndObject();
    }

    /// <summary>Reads a decision back. A whole number is a double here, as every number among the features is.</summary>
    /// <exception cref="JsonException">The bytes are no decision.</exception>
    public static DecisionRecord Read(ReadOnlyMemory<byte> bytes) => JsonFields.Read(bytes, DecisionJsonReader.Read);

    /// <summary>ISO 8601 in UTC with milliseconds. A record's timestamp may be any number: one beyond the calendar becomes its end.</summary>
    public static string Iso(long unixMs) => Time(unixMs).ToString(IsoFormat, CultureInfo.InvariantCulture);

    /// <inheritdoc cref="Iso(long)"/>
    /// <param name="iso">[<see cref="IsoBytes"/>] Filled with ASCII.</param>
    internal static void Iso(long unixMs, Span<byte> iso) => Time(unixMs).TryFormat(iso, out _, IsoFormat, CultureInfo.InvariantCulture);

    private static DateTimeOffset Time(long unixMs) => DateTimeOffset.FromUnixTimeMilliseconds(Math.Clamp(unixMs, UnixMsMin, UnixMsMax));

    private static void WriteNumber(Utf8JsonWriter writer, JsonEncodedText name, double? value)
    {
        writer.WritePropertyName(name);
        WriteNumberValue(writer, value);
    }

    private static void WriteNumberValue(Utf8JsonWriter writer, double? value)
    {
        if (value is { } number && double.IsFinite(number))
        {
            writer.WriteNumberValue(number);
        }
        else
        {
            writer.WriteNullValue();
        }
    }

    private static void WriteTexts(Utf8JsonWriter writer, JsonEncodedText name, IReadOnlyList<string> texts)
    {
        writer.WriteStartArray(name);
        foreach (var text in texts)
        {
            writer.WriteStringValue(text);
        }

        writer.WriteEndArray();
    }
}
