using System.Text.Json;
using StreamScoring.Batches;
using StreamScoring.Contracts;
using StreamScoring.Mapping;

namespace StreamScoring.Ingest;

/// <summary>
/// Decodes payments and labels in JSON from a batch's bytes into its columns. Fields that this
/// release does not know are skipped, but looked through for card numbers.
/// </summary>
internal sealed class JsonRecordDecoder(FieldWriter fields)
{
    /// <summary>
    /// Deeper than any field may be, so that what is too deep is refused by name and not by an
    /// exception.
    /// </summary>
    private static readonly JsonReaderOptions Options = new() { MaxDepth = 4 * IngestLimits.UnknownDepthMax };

    private static readonly byte[][] TextNames = [.. TextFields.AllNames.Select(System.Text.Encoding.UTF8.GetBytes)];

    /// <summary>
    /// Field numbers as in <see cref="DecodedField"/>; -1 for a name that is none of ours.
    /// </summary>
    private const int NoField = -1;

    /// <exception cref="JsonException">The bytes are not one JSON object.</exception>
    /// <exception cref="InvalidOperationException">A string holds an escape that is no
    /// character.</exception>
    public Rejection Decode(PaymentBatch batch, int rowIndex, bool isLabel, int valueStart, int valueLength)
    {
        var reader = new Utf8JsonReader(batch.Bytes.AsSpan(valueStart, valueLength), Options);
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            return new Rejection(RejectReason.UnknownFormat);
        }

        var seen = 0UL;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var field = FindField(ref reader, isLabel);
            Rejection rejection;
            if (field == NoField)
            {
                rejection = SkipUnknown(ref reader, batch);
            }
            else if ((seen & (1UL << field)) != 0)
            {
                return new Rejection(RejectReason.DuplicateField, field);
            }
            else
            {
                reader.Read();
                if (reader.TokenType == JsonTokenType.Null)
                {
                    continue;
                }

                seen |= 1UL << field;
                rejection = ReadField(ref reader, batch, rowIndex, field, valueStart);
            }

            if (!rejection.IsNone)
            {
                return rejection;
            }
        }

        // Read past the object's end: trailing bytes make the record malformed.
        if (reader.Read())
        {
            return new Rejection(RejectReason.MalformedJson);
        }

        return isLabel
            ? FieldWriter.FinishLabel(batch, rowIndex, Has(seen, DecodedField.EventTime), Has(seen, DecodedField.KnownAt), Has(seen, DecodedField.Fraud))
            : FieldWriter.FinishPayment(batch, rowIndex, Has(seen, DecodedField.EventTime), Has(seen, DecodedField.AmountMinor));
    }

    private static bool Has(ulong seen, int field) => (seen & (1UL << field)) != 0;

    private static int FindField(ref Utf8JsonReader reader, bool isLabel)
    {
        // The first byte and the length tell almost all names apart before bytes are compared.
        for (var i = 0; i < TextNames.Length; i++)
        {
            if (reader.ValueTextEquals(TextNames[i]))
            {
                return i;
            }
        }

        return reader.ValueTextEquals("event_time"u8) ? DecodedField.EventTime
            : !isLabel && reader.ValueTextEquals("amount_minor"u8) ? DecodedField.AmountMinor
            : !isLabel && reader.ValueTextEquals("attributes"u8) ? DecodedField.Attributes
            : isLabel && reader.ValueTextEquals("known_at"u8) ? DecodedField.KnownAt
            : isLabel && reader.ValueTextEquals("fraud"u8) ? DecodedField.Fraud
            : NoField;
    }

    private Rejection ReadField(ref Utf8JsonReader reader, PaymentBatch batch, int rowIndex, int field, int valueStart)
    {
        switch (field)
        {
            case DecodedField.EventTime:
                return TryReadTime(ref reader, batch, out var eventTimeMs)
                    ? ToRejection(fields.SetEventTime(batch, rowIndex, eventTimeMs), field)
                    : new Rejection(RejectReason.WrongType, field);
            case DecodedField.KnownAt:
                return TryReadTime(ref reader, batch, out var knownAtMs)
                    ? ToRejection(fields.SetKnownAt(batch, rowIndex, knownAtMs), field)
                    : new Rejection(RejectReason.WrongType, field);
            case DecodedField.AmountMinor:
                return reader.TokenType != JsonTokenType.Number ? new Rejection(RejectReason.WrongType, field)
                    : reader.TryGetInt64(out var amountMinor) || CellText.TryWhole(CellText.WholeOf(reader.ValueSpan), out amountMinor) ? ToRejection(fields.SetAmount(batch, rowIndex, amountMinor), field)
                    : new Rejection(
                        fields.IsCardNumberInAmount(reader.ValueSpan) ? RejectReason.CardNumber
                        : IsWhole(reader.ValueSpan) ? RejectReason.OutOfRange
                        : RejectReason.WrongType,
                        field);
            case DecodedField.Fraud:
                return TryReadFraud(ref reader, batch, out batch.Fraud[rowIndex]) ? default : new Rejection(RejectReason.WrongType, field);
            case DecodedField.Attributes:
                return ReadAttributes(ref reader, batch, rowIndex, valueStart);
            case (int)TextField.Mcc when reader.TokenType == JsonTokenType.Number:
                return CellText.TryWhole(CellText.WholeOf(reader.ValueSpan), out var mcc)
                    ? ToRejection(fields.SetMcc(batch, rowIndex, mcc), field)
                    : new Rejection(RejectReason.InvalidMcc, field);
            case < TextFields.Count when reader.TokenType == JsonTokenType.Number && FieldWriter.TakesNumber((TextField)field):
                // Its digits are the id: 12345.0, as tools write what may be missing, is 12345.
                var digits = CellText.WholeOf(reader.ValueSpan);
                return digits.IndexOfAny("eE."u8) < 0
                    ? ToRejection(fields.SetText(batch, rowIndex, (TextField)field, valueStart + (int)reader.TokenStartIndex, digits.Length), field)
                    : new Rejection(fields.IsCardNumberInAmount(reader.ValueSpan) ? RejectReason.CardNumber : RejectReason.WrongType, field);
            default:
                if (reader.TokenType != JsonTokenType.String)
                {
                    return new Rejection(RejectReason.WrongType, field);
                }

                var (start, length) = TextOf(ref reader, batch, valueStart);
                return ToRejection(fields.SetText(batch, rowIndex, (TextField)field, start, length), field);
        }
    }

    private Rejection ReadAttributes(ref Utf8JsonReader reader, PaymentBatch batch, int rowIndex, int valueStart)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            return new Rejection(RejectReason.WrongType, DecodedField.Attributes);
        }

        var count = 0;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (++count > fields.Limits.AttributesMax)
            {
                return new Rejection(RejectReason.TooManyAttributes, DecodedField.Attributes);
            }

            // The name is a slice of the batch's bytes, unescaped behind the records where it must
            // be.
            var (nameStart, nameLength) = TextOf(ref reader, batch, valueStart);
            reader.Read();
            RejectReason reason;
            switch (reader.TokenType)
            {
                case JsonTokenType.String:
                    var (start, length) = TextOf(ref reader, batch, valueStart);
                    reason = fields.SetAttributeText(batch, rowIndex, batch.Bytes.AsSpan(nameStart, nameLength), start, length);
                    break;
                case JsonTokenType.Number:
                    reason = reader.TryGetDouble(out var number)
                        ? fields.SetAttributeNumber(batch, rowIndex, batch.Bytes.AsSpan(nameStart, nameLength), number, reader.ValueSpan)
                        : RejectReason.OutOfRange;
                    break;
                case JsonTokenType.True or JsonTokenType.False:
                    var isTrue = reader.TokenType == JsonTokenType.True;
                    reason = fields.SetAttributeNumber(batch, rowIndex, batch.Bytes.AsSpan(nameStart, nameLength), isTrue ? 1 : 0, isTrue ? "1"u8 : "0"u8);
                    break;
                case JsonTokenType.Null:
                    continue;
                default:
                    reason = RejectReason.WrongType;
                    break;
            }

            if (reason != RejectReason.None)
            {
                return new Rejection(reason, DecodedField.Attributes);
            }
        }

        return default;
    }

    /// <summary>
    /// Steps over a field that is none of ours. It is never stored, yet a card number in it shows a
    /// publisher that leaks them.
    /// </summary>
    private Rejection SkipUnknown(ref Utf8JsonReader reader, PaymentBatch batch)
    {
        var depth = reader.CurrentDepth;
        do
        {
            if (!fields.Unknown.Count(reader.ValueSpan.Length, reader.CurrentDepth - depth))
            {
                return new Rejection(RejectReason.TooManyUnknownFields);
            }

            if (reader.TokenType is JsonTokenType.String or JsonTokenType.Number or JsonTokenType.PropertyName && HoldsCardNumber(ref reader, batch))
            {
                return new Rejection(RejectReason.CardNumber, DecodedField.Unknown);
            }

            // Behind the name there is a value, and behind a value of an object or array there is
            // more of it.
            var isEnd = reader.CurrentDepth == depth
                && reader.TokenType is not (JsonTokenType.PropertyName or JsonTokenType.StartObject or JsonTokenType.StartArray);
            if (isEnd)
            {
                return default;
            }
        }
        while (reader.Read());

        return new Rejection(RejectReason.MalformedJson);
    }

    private bool HoldsCardNumber(ref Utf8JsonReader reader, PaymentBatch batch)
    {
        var text = Unescaped(ref reader, batch);
        return reader.TokenType switch
        {
            JsonTokenType.PropertyName => UnknownFields.NameHoldsCardNumber(text),
            JsonTokenType.Number => fields.Unknown.NumberHoldsCardNumber(text),
            _ => fields.Unknown.TextHoldsCardNumber(text),
        };
    }

    private static (int Start, int Length) TextOf(ref Utf8JsonReader reader, PaymentBatch batch, int valueStart)
    {
        if (!reader.ValueIsEscaped)
        {
            return (valueStart + (int)reader.TokenStartIndex + 1, reader.ValueSpan.Length);
        }

        // Unescaped text is never longer than its escaped form.
        var length = reader.CopyString(batch.Reserve(reader.ValueSpan.Length));
        return (batch.AppendReserved(length), length);
    }

    /// <summary>A number of milliseconds, or ISO 8601; a time without a zone is UTC.</summary>
    private static bool TryReadTime(ref Utf8JsonReader reader, PaymentBatch batch, out long unixMs)
    {
        unixMs = 0;
        if (reader.TokenType == JsonTokenType.Number)
        {
            return CellText.TryWhole(CellText.WholeOf(reader.ValueSpan), out unixMs);
        }

        if (reader.TokenType != JsonTokenType.String)
        {
            return false;
        }

        if (reader.TryGetDateTime(out var time))
        {
            var utc = time.Kind == DateTimeKind.Local ? time.ToUniversalTime() : time;
            unixMs = (utc.Ticks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerMillisecond;
            return true;
        }

        // With a blank in place of the T, or with +0100.
        return TimeReading.Iso.TryRead(Unescaped(ref reader, batch), out unixMs);
    }

    /// <summary>True, 1 and the usual words for them.</summary>
    private static bool TryReadFraud(ref Utf8JsonReader reader, PaymentBatch batch, out bool isFraud)
    {
        var fraud = reader.TokenType switch
        {
            JsonTokenType.True => true,
            JsonTokenType.False => false,
            JsonTokenType.Number => CellText.WholeOf(reader.ValueSpan) switch { [(byte)'1'] => true, [(byte)'0'] => false, _ => null as bool? },
            JsonTokenType.String => LabelWords.FraudOf(Unescaped(ref reader, batch)),
            _ => null,
        };
        isFraud = fraud == true;
        return fraud is not null;
    }

    private static ReadOnlySpan<byte> Unescaped(ref Utf8JsonReader reader, PaymentBatch batch)
    {
        if (!reader.ValueIsEscaped)
        {
            return reader.ValueSpan;
        }

        // In the room behind the batch's bytes, which nobody takes.
        var room = batch.Reserve(reader.ValueSpan.Length);
        return room[..reader.CopyString(room)];
    }

    private static bool IsWhole(ReadOnlySpan<byte> number) => number.IndexOfAny((byte)'.', (byte)'e', (byte)'E') < 0;

    private static Rejection ToRejection(RejectReason reason, int field) => reason == RejectReason.None ? default : new Rejection(reason, field);
}
