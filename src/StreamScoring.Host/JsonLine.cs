using System.Text.Json;

namespace StreamScoring.Host;

/// <summary>
/// A JSON record as one line for a terminal: the same JSON, with everything but printable ASCII
/// escaped.
/// </summary>
internal static class JsonLine
{
    /// <exception cref="JsonException">The bytes are no JSON.</exception>
    public static string Of(ReadOnlyMemory<byte> value)
    {
        using var document = JsonDocument.Parse(value);
        return JsonSerializer.Serialize(document.RootElement);
    }
}
