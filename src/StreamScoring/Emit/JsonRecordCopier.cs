using System.Text.Json;
using StreamScoring.Contracts;

namespace StreamScoring.Emit;

/// <summary>
/// Copies what can be parsed of a JSON record: the contract's fields up to the first byte that is
/// no JSON.
/// </summary>
internal static class JsonRecordCopier
{
    private static readonly JsonReaderOptions Options = new() { MaxDepth = 64 };

    private static readonly string[] Names = [.. TextFields.AllNames, "event_time", "amount_minor", "known_at", "fraud", "attributes"];

    /// <param name="record">Holds a brace, behind white space or a byte order mark at most.</param>
    public static void Copy(ReadOnlySpan<byte> record, RecordCopy copy, WithheldBytes withheld)
    {
        var skipped = record.IndexOf((byte)'{');
        // Not the last block: what is cut off at the end is then no token.
        var reader = new Utf8JsonReader(record[skipped..], isFinalBlock: false, new JsonReaderState(Options));
        var end = 0;
        try
        {
            reader.Read();
            end = (int)reader.BytesConsumed;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                CopyField(ref reader, record[skipped..], skipped, copy, withheld, ref end);
                end = (int)reader.BytesConsumed;
            }

            end = reader.TokenType == JsonTokenType.EndObject ? (int)reader.BytesConsumed : end;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // What follows is no JSON, or an escape is no character: it is withheld.
        }

        withheld.Add(record[(skipped + end)..], skipped + end);
    }

    /// <param name="end">Behind what is copied or withheld so far; moved on within the
    /// attributes.</param>
    private static void CopyField(
        ref Utf8JsonReader reader, ReadOnlySpan<byte> record, int skipped, RecordCopy copy, WithheldBytes withheld, ref int end)
    {
        var start = (int)reader.TokenStartIndex;
        var name = NameOf(ref reader);
        ReadNext(ref reader);
        if (name == "attributes" && reader.TokenType == JsonTokenType.StartObject && copy.TryStartField(name))
        {
            CopyAttributes(ref reader, record, skipped, copy, withheld, ref end);
        }
        else if (name is not null && name != "attributes" && IsScalar(reader.TokenType))
        {
            var text = TextOf(ref reader);
            if (copy.TryStartField(name))
            {
                CopyValue(reader.TokenType, text, copy);
            }
            else
            {
                Withhold(ref reader, record, start, skipped, withheld);
            }
        }
        else
        {
            Withhold(ref reader, record, start, skipped, withheld);
        }
    }

    private static void CopyAttributes(
        ref Utf8JsonReader reader, ReadOnlySpan<byte> record, int skipped, RecordCopy copy, WithheldBytes withheld, ref int end)
    {
        copy.StartAttributes();
        try
        {
            for (ReadNext(ref reader); reader.TokenType == JsonTokenType.PropertyName; ReadNext(ref reader))
            {
                var start = (int)reader.TokenStartIndex;
                var name = TextOf(ref reader);
                ReadNext(ref reader);
                if (IsScalar(reader.TokenType) && TextOf(ref reader) is var text && copy.TryStartAttribute(name))
                {
                    CopyValue(reader.TokenType, text, copy);
                }
                else
                {
                    Withhold(ref reader, record, start, skipped, withheld);
                }

                end = (int)reader.BytesConsumed;
            }
        }
        finally
        {
            // Also where the record breaks off here: the copy is whole JSON.
            copy.EndAttributes();
        }
    }

    private static void CopyValue(JsonTokenType kind, ReadOnlySpan<byte> text, RecordCopy copy)
    {
        switch (kind)
        {
            case JsonTokenType.String:
                copy.WriteText(text);
                break;
            case JsonTokenType.Number:
                copy.WriteNumber(text);
                break;
            case JsonTokenType.Null:
                copy.WriteNull();
                break;
            default:
                copy.WriteBoolean(kind == JsonTokenType.True);
                break;
        }
    }

    private static void Withhold(ref Utf8JsonReader reader, ReadOnlySpan<byte> record, int start, int skipped, WithheldBytes withheld)
    {
        if (!reader.TrySkip())
        {
            throw new JsonException("the record ends within a field");
        }

        withheld.Add(record[start..(int)reader.BytesConsumed], skipped + start);
    }

    private static void ReadNext(ref Utf8JsonReader reader)
    {
        if (!reader.Read())
        {
            throw new JsonException("the record ends within a field");
        }
    }

    private static bool IsScalar(JsonTokenType kind) => kind is not (JsonTokenType.StartObject or JsonTokenType.StartArray);

    private static ReadOnlySpan<byte> TextOf(ref Utf8JsonReader reader)
    {
        if (!reader.ValueIsEscaped)
        {
            return reader.ValueSpan;
        }

        var unescaped = new byte[reader.ValueSpan.Length];
        return unescaped.AsSpan(0, reader.CopyString(unescaped));
    }

    /// <returns>Null where the name is none of the contract's.</returns>
    private static string? NameOf(ref Utf8JsonReader reader)
    {
        foreach (var name in Names)
        {
            if (reader.ValueTextEquals(name))
            {
                return name;
            }
        }

        return null;
    }
}
