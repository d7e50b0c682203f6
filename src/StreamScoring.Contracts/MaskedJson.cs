using System.Buffers;
using System.Text;
using System.Text.Json;

namespace StreamScoring.Contracts;

/// <summary>
/// JSON that somebody else wrote, for people to read: every name, text and number that may be a
/// card number is masked.
/// </summary>
public static class MaskedJson
{
    /// <returns>One line of printable ASCII; everything else is escaped.</returns>
    /// <exception cref="JsonException">The bytes are no JSON.</exception>
    public static string Line(ReadOnlyMemory<byte> json)
    {
        using var document = JsonDocument.Parse(json);
        var buffer = new ArrayBufferWriter<byte>(json.Length);
        using (var writer = new Utf8JsonWriter(buffer))
        {
            Write(writer, document.RootElement);
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static void Write(Utf8JsonWriter writer, JsonElement element)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                writer.WriteStartObject();
                foreach (var property in element.EnumerateObject())
                {
                    writer.WritePropertyName(Masked(() => property.Name));
                    Write(writer, property.Value);
                }

                writer.WriteEndObject();
                break;
            case JsonValueKind.Array:
                writer.WriteStartArray();
                foreach (var item in element.EnumerateArray())
                {
                    Write(writer, item);
                }

                writer.WriteEndArray();
                break;
            case JsonValueKind.String:
                writer.WriteStringValue(Masked(() => element.GetString()!));
                break;
            case JsonValueKind.Number when CardNumber.IsInNumber(Encoding.UTF8.GetBytes(element.GetRawText())):
                // No JSON number has asterisks.
                writer.WriteStringValue($"({element.GetRawText().Length} digits withheld)");
                break;
            default:
                element.WriteTo(writer);
                break;
        }
    }

    private static string Masked(Func<string> read)
    {
        try
        {
            return CardNumber.Mask(read());
        }
        catch (InvalidOperationException)
        {
            // Half a pair of surrogates can be written in JSON.
            return "(not shown: it holds an escape that is no character)";
        }
    }
}
