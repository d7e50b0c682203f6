using System.Globalization;
using System.Text.Json;
using MessagePack;

namespace StreamScoring.Contracts;

/// <summary>
/// Writes a decision as JSON straight from its compact form, by <see cref="DecisionFields"/>. So
/// the pipeline has one encoder of decisions to keep right, and its JSON costs no memory.
/// </summary>
public static class DecisionTranscoder
{
    private static ReadOnlySpan<byte> HashPrefix => "sha256:"u8;

    /// <summary>Allocates nothing.</summary>
    /// <param name="compact">As this release's pipeline writes it with names: in one piece, with
    /// all its elements, texts in UTF-8.</param>
    /// <param name="writer">Reset; the caller flushes it.</param>
    /// <exception cref="MessagePackSerializationException">The bytes are something
    /// else.</exception>
    /// <exception cref="EndOfStreamException">The bytes end too early.</exception>
    public static void ToJson(ReadOnlyMemory<byte> compact, Utf8JsonWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        var reader = new MessagePackReader(compact);
        if (reader.ReadArrayHeader() != DecisionMessagePack.Elements || reader.ReadInt32() != DecisionMessagePack.InlineVersion)
        {
            throw new MessagePackSerializationException($"no decision of version {DecisionMessagePack.InlineVersion} with {DecisionMessagePack.Elements} elements");
        }

        Span<int> starts = stackalloc int[DecisionMessagePack.Elements];
        var next = 1;
        writer.WriteStartObject();
        foreach (var field in DecisionFields.InJsonOrder)
        {
            // JSON has another order. An element whose turn has not come is passed over, and read
            // from its start when it comes.
            for (; next < field.Position; next++)
            {
                starts[next] = (int)reader.Consumed;
                reader.Skip();
            }

            if (next == field.Position)
            {
                starts[next++] = (int)reader.Consumed;
                Write(ref reader, writer, field);
            }
            else
            {
                var passed = new MessagePackReader(compact[starts[field.Position]..]);
                Write(ref passed, writer, field);
            }
        }

        writer.WriteEndObject();
    }

    private static void Write(ref MessagePackReader reader, Utf8JsonWriter writer, DecisionField field)
    {
        var name = field.JsonName;
        switch (field.Kind)
        {
            case DecisionKind.Id:
                WriteId(ref reader, writer, name);
                break;
            case DecisionKind.Text when field.IsNullable && reader.TryReadNil():
            case DecisionKind.Hash when reader.TryReadNil():
                writer.WriteNull(name);
                break;
            case DecisionKind.Text:
                writer.WriteString(name, Text(ref reader));
                break;
            case DecisionKind.Integer or DecisionKind.Long:
                writer.WriteNumber(name, reader.ReadInt64());
                break;
            case DecisionKind.Number:
                writer.WritePropertyName(name);
                WriteNumber(ref reader, writer);
                break;
            case DecisionKind.Time:
                WriteTime(ref reader, writer, name);
                break;
            case DecisionKind.Duration:
                writer.WriteNumber(name, reader.ReadInt64() / 1000.0);
                break;
            case DecisionKind.Hash:
                WriteHash(ref reader, writer, name);
                break;
            case DecisionKind.Texts:
                WriteTexts(ref reader, writer, name);
                break;
            case DecisionKind.Numbers or DecisionKind.Values:
                WriteMap(ref reader, writer, field);
                break;
            case DecisionKind.Group:
                writer.WritePropertyName(name);
                WriteParts(ref reader, writer, field);
                break;
            case DecisionKind.Groups:
                writer.WriteStartArray(name);
                for (var left = reader.ReadArrayHeader(); left > 0; left--)
                {
                    WriteParts(ref reader, writer, field);
                }

                writer.WriteEndArray();
                break;
        }
    }

    private static void WriteId(ref MessagePackReader reader, Utf8JsonWriter writer, JsonEncodedText name)
    {
        var count = MessagePackRead.ArrayOf(ref reader, 4);
        writer.WritePropertyName(name);
        writer.WriteStringValueSegment(Text(ref reader), isFinalSegment: false);
        writer.WriteStringValueSegment("/"u8, isFinalSegment: false);
        writer.WriteStringValueSegment(Text(ref reader), isFinalSegment: false);
        Span<byte> position = stackalloc byte[40];
        reader.ReadInt32().TryFormat(position[1..], out var digits, provider: CultureInfo.InvariantCulture);
        reader.ReadInt64().TryFormat(position[(digits + 2)..], out var offsetDigits, provider: CultureInfo.InvariantCulture);
        position[0] = position[digits + 1] = (byte)'/';
        writer.WriteStringValueSegment(position[..(digits + offsetDigits + 2)], isFinalSegment: true);
        MessagePackRead.SkipMany(ref reader, count - 4);
    }

    /// <summary>
    /// An array of an older release ends before some parts; what follows them is of a later one.
    /// </summary>
    private static void WriteParts(ref MessagePackReader reader, Utf8JsonWriter writer, DecisionField field)
    {
        var count = MessagePackRead.ArrayOf(ref reader, field.PartsMin);
        writer.WriteStartObject();
        for (var i = 0; i < field.Parts.Length && i < count; i++)
        {
            Write(ref reader, writer, field.Parts[i]);
        }

        writer.WriteEndObject();
        MessagePackRead.SkipMany(ref reader, count - field.Parts.Length);
    }

    private static void WriteMap(ref MessagePackReader reader, Utf8JsonWriter writer, DecisionField field)
    {
        writer.WriteStartObject(field.JsonName);
        for (var left = reader.ReadMapHeader(); left > 0; left--)
        {
            writer.WritePropertyName(Text(ref reader));
            if (field.Kind == DecisionKind.Values && reader.NextMessagePackType == MessagePackType.String)
            {
                writer.WriteStringValue(Text(ref reader));
            }
            else
            {
                WriteNumber(ref reader, writer);
            }
        }

        writer.WriteEndObject();
    }

    private static void WriteTexts(ref MessagePackReader reader, Utf8JsonWriter writer, JsonEncodedText name)
    {
        writer.WriteStartArray(name);
        for (var left = reader.ReadArrayHeader(); left > 0; left--)
        {
            writer.WriteStringValue(Text(ref reader));
        }

        writer.WriteEndArray();
    }

    private static void WriteTime(ref MessagePackReader reader, Utf8JsonWriter writer, JsonEncodedText name)
    {
        Span<byte> iso = stackalloc byte[DecisionJson.IsoBytes];
        DecisionJson.Iso(reader.ReadInt64(), iso);
        writer.WriteString(name, iso);
    }

    private static void WriteHash(ref MessagePackReader reader, Utf8JsonWriter writer, JsonEncodedText name)
    {
        Span<byte> text = stackalloc byte[HashPrefix.Length + (2 * DecisionMessagePack.HashBytes)];
        HashPrefix.CopyTo(text);
        var hash = reader.ReadBytes().GetValueOrDefault();
        if (hash.Length != DecisionMessagePack.HashBytes || !Convert.TryToHexStringLower(hash.FirstSpan, text[HashPrefix.Length..], out _))
        {
            throw new MessagePackSerializationException($"a hash of {hash.Length} bytes; expected {DecisionMessagePack.HashBytes}");
        }

        writer.WriteString(name, text);
    }

    private static void WriteNumber(ref MessagePackReader reader, Utf8JsonWriter writer)
    {
        if (!reader.TryReadNil() && reader.ReadDouble() is var number && double.IsFinite(number))
        {
            writer.WriteNumberValue(number);
        }
        else
        {
            writer.WriteNullValue();
        }
    }

    private static ReadOnlySpan<byte> Text(ref MessagePackReader reader) =>
        reader.TryReadStringSpan(out var text) ? text : throw new MessagePackSerializationException("a text is missing or in pieces");
}
