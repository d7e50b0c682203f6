using System.Buffers.Text;
using StreamScoring.Contracts;
using StreamScoring.Ingest;

namespace StreamScoring.Emit;

/// <summary>
/// Copies what can be parsed of a MessagePack record: the contract's fields by position, up to the
/// first byte that is no MessagePack.
/// </summary>
internal static class MessagePackRecordCopier
{
    private static readonly string?[] PaymentNames =
    [
        .. MessagePackRecordDecoder.PaymentFields.Select((field, i) =>
            field is { } text ? TextFields.NameOf(text) : i switch { 2 => "event_time", 3 => "amount_minor", _ => null }),
        "attributes",
    ];

    private static readonly string?[] LabelNames =
    [
        .. MessagePackRecordDecoder.LabelFields.Select((field, i) =>
            field is { } text ? TextFields.NameOf(text) : i switch { 2 => "event_time", 3 => "known_at", 4 => "fraud", _ => null }),
    ];

    public static void Copy(ReadOnlySpan<byte> record, bool isLabel, RecordCopy copy, WithheldBytes withheld)
    {
        var names = isLabel ? LabelNames : PaymentNames;
        var reader = new MessagePackSpanReader(record);
        var end = 0;
        if (reader.TryReadArrayHeader(out var count) && count > 0
            && reader.TryReadInt64(out var version) && version == PaymentMessagePack.Version)
        {
            end = reader.Position;
            for (var position = 1; position < count; position++)
            {
                if (!TryCopyField(ref reader, record, names.ElementAtOrDefault(position), copy, withheld))
                {
                    break;
                }

                end = reader.Position;
            }
        }

        withheld.Add(record[end..], end);
    }

    private static bool TryCopyField(
        ref MessagePackSpanReader reader, ReadOnlySpan<byte> record, string? name, RecordCopy copy, WithheldBytes withheld)
    {
        var start = reader.Position;
        if (name == "attributes")
        {
            return TryCopyAttributes(ref reader, record, copy, withheld);
        }

        if (reader.TryReadNil())
        {
            return true;
        }

        if (name is not null && TryReadValue(ref reader, out var value))
        {
            if (copy.TryStartField(name))
            {
                value.Write(record, copy);
            }
            else
            {
                withheld.Add(record[start..reader.Position], start);
            }

            return true;
        }

        return TryWithhold(ref reader, record, start, withheld);
    }

    private static bool TryCopyAttributes(
        ref MessagePackSpanReader reader, ReadOnlySpan<byte> record, RecordCopy copy, WithheldBytes withheld)
    {
        var start = reader.Position;
        if (reader.TryReadNil())
        {
            return true;
        }

        if (!reader.IsMapAt(start) || !copy.TryStartField("attributes"))
        {
            return TryWithhold(ref reader, record, start, withheld);
        }

        var isParsed = reader.TryReadMapHeader(out var count);

        copy.StartAttributes();
        for (; count > 0 && isParsed; count--)
        {
            start = reader.Position;
            var value = default(Value);
            isParsed = reader.TryReadText(out var nameStart, out var nameLength);
            if (isParsed && TryReadValue(ref reader, out value) && copy.TryStartAttribute(record.Slice(nameStart, nameLength)))
            {
                value.Write(record, copy);
            }
            else if (isParsed)
            {
                // A value of another kind is still to be stepped over; one that was read is not.
                isParsed = value.Kind != ValueKind.None || reader.TrySkip();
                withheld.Add(isParsed ? record[start..reader.Position] : [], start);
            }
        }

        copy.EndAttributes();
        if (!isParsed)
        {
            withheld.Add(record[start..], start);
        }

        return isParsed;
    }

    private static bool TryWithhold(ref MessagePackSpanReader reader, ReadOnlySpan<byte> record, int start, WithheldBytes withheld)
    {
        var isParsed = reader.TrySkip();
        withheld.Add(isParsed ? record[start..reader.Position] : [], start);
        return isParsed;
    }

    private static bool TryReadValue(ref MessagePackSpanReader reader, out Value value)
    {
        value = reader.TryReadText(out var textStart, out var length) ? new Value(ValueKind.Text, textStart, length, 0, 0)
            : reader.TryReadInt64(out var integer) ? new Value(ValueKind.Integer, 0, 0, integer, 0)
            : reader.TryReadNumber(out var number) && double.IsFinite(number) ? new Value(ValueKind.Number, 0, 0, 0, number)
            : reader.TryReadBoolean(out var flag) ? new Value(ValueKind.Boolean, 0, 0, flag ? 1 : 0, 0)
            : reader.TryReadNil() ? new Value(ValueKind.Nil, 0, 0, 0, 0)
            : default;
        return value.Kind != ValueKind.None;
    }

    private enum ValueKind
    {
        None,
        Text,
        Integer,
        Number,
        Boolean,
        Nil,
    }

    private readonly record struct Value(ValueKind Kind, int TextStart, int TextLength, long Integer, double Number)
    {
        public void Write(ReadOnlySpan<byte> record, RecordCopy copy)
        {
            Span<byte> digits = stackalloc byte[32];
            var written = 0;
            switch (Kind)
            {
                case ValueKind.Text:
                    copy.WriteText(record.Slice(TextStart, TextLength));
                    break;
                case ValueKind.Integer:
                    Utf8Formatter.TryFormat(Integer, digits, out written);
                    copy.WriteNumber(digits[..written]);
                    break;
                case ValueKind.Number:
                    Number.TryFormat(digits, out written, default, System.Globalization.CultureInfo.InvariantCulture);
                    copy.WriteNumber(digits[..written], CardNumber.IsIn(Number));
                    break;
                case ValueKind.Boolean:
                    copy.WriteBoolean(Integer != 0);
                    break;
                default:
                    copy.WriteNull();
                    break;
            }
        }
    }
}
