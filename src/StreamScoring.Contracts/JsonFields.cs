using System.Globalization;
using System.Text.Json;

namespace StreamScoring.Contracts;

/// <summary>
/// Fields of a JSON object by name. What is missing or of another kind is a
/// <see cref="JsonException"/> that names the field.
/// </summary>
internal static class JsonFields
{
    /// <summary>Parses, and reads.</summary>
    /// <exception cref="JsonException">The bytes are no JSON, or not of this form.</exception>
    public static T Read<T>(ReadOnlyMemory<byte> bytes, Func<JsonElement, T> read)
    {
        using var document = JsonDocument.Parse(bytes);
        try
        {
            return read(document.RootElement);
        }
        catch (Exception e) when (e is InvalidOperationException or FormatException)
        {
            // A name or text with an escape that is half a character, or that is no UTF-8: it is
            // found only when it is looked at. Or no hash.
            throw new JsonException(e.Message, e);
        }
    }

    public static JsonElement Field(this JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) ? value : throw new JsonException($"{name} is missing");

    public static JsonElement Field(this JsonElement element, string name, JsonValueKind kind) =>
        element.Field(name) is var value && value.ValueKind == kind ? value : throw new JsonException($"{name} is no {kind}");

    public static string Text(this JsonElement element, string name) => TextOf(element.Field(name), name);

    public static string? OptionalText(this JsonElement element, string name) =>
        !element.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null ? null : TextOf(value, name);

    public static string TextOf(JsonElement value, string name) =>
        value.ValueKind == JsonValueKind.String ? value.GetString()! : throw new JsonException($"{name} is no text");

    public static long Integer(this JsonElement element, string name) =>
        element.Field(name, JsonValueKind.Number).TryGetInt64(out var number) ? number : throw new JsonException($"{name} is no 64-bit integer");

    /// <returns>Null where the field is absent or null.</returns>
    public static long? OptionalInteger(this JsonElement element, string name) =>
        !element.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null ? null : element.Integer(name);

    public static int SmallInteger(this JsonElement element, string name) =>
        element.Field(name, JsonValueKind.Number).TryGetInt32(out var number) ? number : throw new JsonException($"{name} is no 32-bit integer");

    public static bool Flag(this JsonElement element, string name) => element.Field(name).ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw new JsonException($"{name} is neither true nor false"),
    };

    /// <returns>Null where the field is null.</returns>
    public static double? Number(this JsonElement element, string name) => NumberOf(element.Field(name), name);

    public static double? NumberOf(JsonElement value, string name) =>
        value.ValueKind == JsonValueKind.Null ? null
        : value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number) ? number
        : throw new JsonException($"{name} is no number");

    /// <summary>ISO 8601 with its zone, as ms since the Unix epoch.</summary>
    public static long Time(this JsonElement element, string name) =>
        DateTimeOffset.TryParse(element.Text(name), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
            ? time.ToUnixTimeMilliseconds()
            : throw new JsonException($"{name} is no time");

    public static DecisionSource Source(this JsonElement element, string name = "source") =>
        element.Field(name) is var source
            ? new DecisionSource(source.Text("region"), source.Text("topic"), source.SmallInteger("partition"), source.Integer("offset"))
            : default;
}
