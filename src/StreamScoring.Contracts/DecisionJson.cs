using System.Globalization;
using System.Text.Json;

namespace StreamScoring.Contracts;

/// <summary>
/// A decision as JSON, by <see cref="DecisionFields"/>. It is read by way of the compact form, so
/// one reader alone knows the record.
/// </summary>
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
        foreach (var field in DecisionFields.InJsonOrder)
        {
            Write(writer, field, field.ValueOf(decision));
        }

        writer.WriteEndObject();
    }

    /// <summary>
    /// Reads a decision back. A whole number is a double here, as every number among the features
    /// is.
    /// </summary>
    /// <exception cref="JsonException">The bytes are no decision.</exception>
    public static DecisionRecord Read(ReadOnlyMemory<byte> bytes) => DecisionMessagePack.Read(JsonFields.Read(bytes, DecisionJsonReader.ToCompact));

    /// <summary>
    /// ISO 8601 in UTC with milliseconds. A record's timestamp may be any number: one beyond the
    /// calendar becomes its end.
    /// </summary>
    public static string Iso(long unixMs) => Time(unixMs).ToString(IsoFormat, CultureInfo.InvariantCulture);

    /// <inheritdoc cref="Iso(long)"/>
    /// <param name="iso">[<see cref="IsoBytes"/>] Filled with ASCII.</param>
    internal static void Iso(long unixMs, Span<byte> iso) => Time(unixMs).TryFormat(iso, out _, IsoFormat, CultureInfo.InvariantCulture);

    private static DateTimeOffset Time(long unixMs) => DateTimeOffset.FromUnixTimeMilliseconds(Math.Clamp(unixMs, UnixMsMin, UnixMsMax));

    private static void Write(Utf8JsonWriter writer, DecisionField field, object? value)
    {
        if (value is null && field is { IsLater: true, IsNullable: false })
        {
            return;
        }

        writer.WritePropertyName(field.JsonName);
        switch (value)
        {
            case IEnumerable<KeyValuePair<string, object?>> map:
                writer.WriteStartObject();
                foreach (var (name, item) in map)
                {
                    writer.WritePropertyName(name);
                    WriteValue(writer, item);
                }

                writer.WriteEndObject();
                break;
            case object?[] parts when field.Kind == DecisionKind.Group:
                WriteParts(writer, field, parts);
                break;
            case IEnumerable<object?[]> groups:
                writer.WriteStartArray();
                foreach (var parts in groups)
                {
                    WriteParts(writer, field, parts);
                }

                writer.WriteEndArray();
                break;
            case IEnumerable<string> texts:
                writer.WriteStartArray();
                foreach (var text in texts)
                {
                    writer.WriteStringValue(text);
                }

                writer.WriteEndArray();
                break;
            case long unixMs when field.Kind == DecisionKind.Time:
                writer.WriteStringValue(Iso(unixMs));
                break;
            default:
                WriteValue(writer, value);
                break;
        }
    }

    private static void WriteParts(Utf8JsonWriter writer, DecisionField field, object?[] parts)
    {
        writer.WriteStartObject();
        foreach (var part in field.Parts)
        {
            Write(writer, part, parts[part.Position]);
        }

        writer.WriteEndObject();
    }

    private static void WriteValue(Utf8JsonWriter writer, object? value)
    {
        switch (value)
        {
            case string text:
                writer.WriteStringValue(text);
                break;
            case int or long:
                writer.WriteNumberValue(Convert.ToInt64(value, CultureInfo.InvariantCulture));
                break;
            case double number when double.IsFinite(number):
                writer.WriteNumberValue(number);
                break;
            default:
                writer.WriteNullValue();
                break;
        }
    }
}
