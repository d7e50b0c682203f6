using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace StreamScoring.Contracts;

/// <summary>
/// A record of the compacted topic of lists: one entry of one list. The key names both, so that a
/// later record takes its place; without a value the entry is removed. Who wrote it and why stands
/// in the headers <see cref="By"/> and <see cref="Why"/>, as a removal has no value.
/// </summary>
/// <remarks>
/// Key: <c>["trusted","c-1"]</c>. Value: <c>{"until":1767225600000,"note":"…"}</c>, both optional,
/// the time in ms since the Unix epoch.
/// </remarks>
public static class ListRecord
{
    public const string By = "by", Why = "why";

    /// <summary>Bytes of an entry in UTF-8 at the most.</summary>
    public const int EntryBytesMax = 1024;

    /// <summary>The year 9999, which is how many write never.</summary>
    private const long UntilMax = 253_402_300_799_999;

    private static readonly JsonWriterOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>
    /// Whether a list may be called so: letters, digits, underscores and dashes, 64 at most, the
    /// first a letter or an underscore.
    /// </summary>
    public static bool IsListName(string name) => name is { Length: > 0 and <= 64 } && (char.IsAsciiLetter(name[0]) || name[0] == '_')
        && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-');

    public static byte[] KeyOf(string list, string entry) => Written(json =>
    {
        json.WriteStartArray();
        json.WriteStringValue(list);
        json.WriteStringValue(entry);
        json.WriteEndArray();
    });

    /// <param name="untilMs">ms since the Unix epoch; null: for ever.</param>
    public static byte[] ValueOf(long? untilMs, string? note) => Written(json =>
    {
        json.WriteStartObject();
        if (untilMs is { } until)
        {
            json.WriteNumber("until", until);
        }

        if (note is not null)
        {
            json.WriteString("note", note);
        }

        json.WriteEndObject();
    });

    /// <summary>Reads a key.</summary>
    /// <returns>False where it is none.</returns>
    public static bool TryReadKey(ReadOnlySpan<byte> key, out string list, out string entry) => TryRead(key, out list, out entry, out _, out _);

    /// <summary>Reads a value.</summary>
    /// <returns>False where it is none.</returns>
    public static bool TryReadValue(ReadOnlySpan<byte> value, out long? untilMs, out string? note)
    {
        (untilMs, note) = (null, null);
        try
        {
            var reader = new Utf8JsonReader(value);
            return TryReadValue(ref reader, out untilMs, out note) && !reader.Read();
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return false;
        }
    }

    /// <summary>Reads a key with its value right behind it, or with nothing: a removal.</summary>
    /// <param name="untilMs">ms since the Unix epoch; null: for ever.</param>
    /// <returns>False where it is none.</returns>
    public static bool TryRead(ReadOnlySpan<byte> record, out string list, out string entry, out long? untilMs, out bool isRemoval)
    {
        (list, entry, untilMs, isRemoval) = ("", "", null, true);
        try
        {
            var reader = new Utf8JsonReader(record, new JsonReaderOptions { AllowMultipleValues = true });
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartArray || !TryText(ref reader, out list) || !TryText(ref reader, out entry)
                || !reader.Read() || reader.TokenType != JsonTokenType.EndArray || !IsListName(list) || entry.Length == 0 || entry.Any(char.IsControl) || Encoding.UTF8.GetByteCount(entry) > EntryBytesMax)
            {
                return false;
            }

            if (!record[(int)reader.BytesConsumed..].ContainsAnyExcept((byte)' ', (byte)'\n'))
            {
                return true;
            }

            isRemoval = false;
            return TryReadValue(ref reader, out untilMs, out _);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return false;
        }
    }

    private static bool TryReadValue(ref Utf8JsonReader reader, out long? untilMs, out string? note)
    {
        (untilMs, note) = (null, null);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
        {
            return false;
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var (isUntil, isNote) = (reader.ValueTextEquals("until"u8), reader.ValueTextEquals("note"u8));
            reader.Read();
            if (isUntil && reader.TokenType != JsonTokenType.Null)
            {
                if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt64(out var until) || until is < 0 or > UntilMax)
                {
                    return false;
                }

                untilMs = until;
            }
            else if (isNote && reader.TokenType == JsonTokenType.String)
            {
                note = reader.GetString();
            }
            else
            {
                // Of a later release.
                reader.Skip();
            }
        }

        return reader.TokenType == JsonTokenType.EndObject;
    }

    private static bool TryText(ref Utf8JsonReader reader, out string text)
    {
        var isText = reader.Read() && reader.TokenType == JsonTokenType.String;
        text = isText ? reader.GetString()! : "";
        return isText;
    }

    private static byte[] Written(Action<Utf8JsonWriter> write)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, Plain))
        {
            write(json);
        }

        return stream.ToArray();
    }
}
