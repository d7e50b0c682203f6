using System.Text.Encodings.Web;
using System.Text.Json;

namespace StreamScoring.Contracts;

/// <summary>
/// A record of the control topic, as JSON: a change of the policy, who made it and why. All of its
/// parts count, or none.
/// </summary>
/// <remarks>
/// <c>{"version":1,"by":…,"why":…,"parts":[{"kind":…,"expects":…,"hash":…,"text":…}]}</c>. When it
/// was made is the record's timestamp.
/// </remarks>
public sealed record ControlChange(string By, string Why, IReadOnlyList<ControlPart> Parts)
{
    /// <summary>A record of the control topic has so many bytes at the most.</summary>
    public const int BytesMax = 900 * 1024;

    private const int Version = 1;

    private static readonly JsonWriterOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public byte[] ToJson()
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, Plain))
        {
            json.WriteStartObject();
            json.WriteNumber("version", Version);
            json.WriteString("by", By);
            json.WriteString("why", Why);
            json.WriteStartArray("parts");
            foreach (var part in Parts)
            {
                json.WriteStartObject();
                json.WriteString("kind", part.Kind);
                json.WriteString("expects", part.Expects);
                json.WriteString("hash", part.Hash);
                json.WriteString("text", part.Text);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return stream.ToArray();
    }

    /// <summary>Reads a change; a card number in who or why is masked, as these go to logs.
    /// </summary>
    /// <exception cref="JsonException">The bytes are no change of this version, or a part's text is
    /// not what its hash says.</exception>
    public static ControlChange Read(ReadOnlyMemory<byte> bytes) => JsonFields.Read(bytes, root =>
    {
        var version = root.SmallInteger("version");
        return version != Version ? throw new JsonException($"it is of version {version}, and this release reads {Version}")
            : new ControlChange(CardNumber.Mask(root.Text("by")), CardNumber.Mask(root.Text("why")), PartsOf(root));
    });

    private static List<ControlPart> PartsOf(JsonElement root)
    {
        List<ControlPart> parts = [.. root.Field("parts", JsonValueKind.Array).EnumerateArray()
            .Select(part => new ControlPart(part.Text("kind"), part.OptionalText("expects"), part.Text("hash"), part.Text("text")))];
        return parts.Find(part => ControlPart.HashOf(part.Text) != part.Hash) is { } damaged ? throw new JsonException($"the text of {damaged.Kind} is not what its hash says")
            : parts.Select(part => part.Kind).Distinct(StringComparer.Ordinal).Count() != parts.Count ? throw new JsonException("it has one part twice")
            : parts.Count == 0 ? throw new JsonException("it has no parts")
            : parts;
    }
}
