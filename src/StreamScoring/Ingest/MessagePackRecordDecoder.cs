using System.Buffers.Text;
using StreamScoring.Batches;
using StreamScoring.Contracts;

namespace StreamScoring.Ingest;

/// <summary>
/// Decodes the compact wire form (see <see cref="PaymentMessagePack"/>) from a batch's bytes into
/// its columns.
/// </summary>
internal sealed class MessagePackRecordDecoder(FieldWriter fields)
{
    /// <summary>Text fields by position in the payment's array; the others are numbers.</summary>
    internal static readonly TextField?[] PaymentFields =
    [
        null, TextField.PaymentId, null, null, TextField.Currency, TextField.CardId, TextField.CustomerId, TextField.MerchantId,
        TextField.TerminalId, TextField.Mcc, TextField.MerchantCountry, TextField.CardCountry, TextField.IpCountry, TextField.Ip,
        TextField.DeviceId, TextField.EmailHash, TextField.Channel,
    ];

    internal static readonly TextField?[] LabelFields =
    [
        null, TextField.PaymentId, null, null, null, TextField.CardId, TextField.CustomerId, TextField.MerchantId, TextField.TerminalId,
        TextField.Ip, TextField.DeviceId, TextField.EmailHash,
    ];

    public Rejection DecodePayment(PaymentBatch batch, int rowIndex)
    {
        var valueStart = batch.ValueStart[rowIndex];
        var reader = new MessagePackSpanReader(batch.Value(rowIndex));
        if (!TryReadStart(ref reader, out var count, out var rejection))
        {
            return rejection;
        }

        var (hasEventTime, hasAmount) = (false, false);
        for (var position = 1; position < count; position++)
        {
            if (position < PaymentFields.Length && PaymentFields[position] is { } field)
            {
                rejection = ReadText(ref reader, batch, rowIndex, field, valueStart);
            }
            else
            {
                rejection = position switch
                {
                    2 => ReadEventTime(ref reader, batch, rowIndex, out hasEventTime),
                    3 => ReadAmount(ref reader, batch, rowIndex, out hasAmount),
                    PaymentFieldsAttributes => ReadAttributes(ref reader, batch, rowIndex, valueStart),
                    _ => SkipUnknown(ref reader, depth: 0),
                };
            }

            if (!rejection.IsNone)
            {
                return rejection;
            }
        }

        return reader.IsAtEnd ? FieldWriter.FinishPayment(batch, rowIndex, hasEventTime, hasAmount) : new Rejection(RejectReason.MalformedMessagePack);
    }

    public Rejection DecodeLabel(PaymentBatch batch, int rowIndex)
    {
        var valueStart = batch.ValueStart[rowIndex];
        var reader = new MessagePackSpanReader(batch.Value(rowIndex));
        if (!TryReadStart(ref reader, out var count, out var rejection))
        {
            return rejection;
        }

        var (hasEventTime, hasKnownAt, hasFraud) = (false, false, false);
        for (var position = 1; position < count; position++)
        {
            if (position < LabelFields.Length && LabelFields[position] is { } field)
            {
                rejection = ReadText(ref reader, batch, rowIndex, field, valueStart);
            }
            else
            {
                rejection = position switch
                {
                    2 => ReadEventTime(ref reader, batch, rowIndex, out hasEventTime),
                    3 => ReadKnownAt(ref reader, batch, rowIndex, out hasKnownAt),
                    4 => ReadFraud(ref reader, batch, rowIndex, out hasFraud),
                    _ => SkipUnknown(ref reader, depth: 0),
                };
            }

            if (!rejection.IsNone)
            {
                return rejection;
            }
        }

        return reader.IsAtEnd
            ? FieldWriter.FinishLabel(batch, rowIndex, hasEventTime, hasKnownAt, hasFraud)
            : new Rejection(RejectReason.MalformedMessagePack);
    }

    internal const int PaymentFieldsAttributes = PaymentMessagePack.PaymentElements - 1;

    private static bool TryReadStart(ref MessagePackSpanReader reader, out int count, out Rejection rejection)
    {
        rejection = new Rejection(RejectReason.MalformedMessagePack);
        if (!reader.TryReadArrayHeader(out count) || count == 0 || !reader.TryReadInt64(out var version))
        {
            return false;
        }

        rejection = new Rejection(RejectReason.UnsupportedVersion);
        return version == PaymentMessagePack.Version;
    }

    private static Rejection WrongTypeOrMalformed(ref MessagePackSpanReader reader, int field) =>
        new(reader.TrySkip() ? RejectReason.WrongType : RejectReason.MalformedMessagePack, field);

    private Rejection ReadText(ref MessagePackSpanReader reader, PaymentBatch batch, int rowIndex, TextField field, int valueStart)
    {
        if (reader.TryReadText(out var start, out var length))
        {
            return ToRejection(fields.SetText(batch, rowIndex, field, valueStart + start, length), (int)field);
        }

        if (reader.TryReadNil())
        {
            return default;
        }

        return FieldWriter.TakesNumber(field) && TryReadWhole(ref reader, out var number)
            ? ToRejection(field == TextField.Mcc ? fields.SetMcc(batch, rowIndex, number) : fields.SetNumber(batch, rowIndex, field, number), (int)field)
            : WrongTypeOrMalformed(ref reader, (int)field);
    }

    /// <summary>
    /// An integer, or a float that is one. A float that looks like a card number may have lost
    /// digits, by which its digits alone would not tell.
    /// </summary>
    private static bool TryReadWhole(ref MessagePackSpanReader reader, out long whole)
    {
        if (reader.TryReadInt64(out whole))
        {
            return true;
        }

        var before = reader;
        if (reader.TryReadNumber(out var number) && number == Math.Truncate(number) && Math.Abs(number) < 1L << 53 && !CardNumber.IsIn(number))
        {
            whole = (long)number;
            return true;
        }

        reader = before;
        return false;
    }

    private Rejection ReadEventTime(ref MessagePackSpanReader reader, PaymentBatch batch, int rowIndex, out bool has)
    {
        has = reader.TryReadInt64(out var value);
        return has ? ToRejection(fields.SetEventTime(batch, rowIndex, value), DecodedField.EventTime)
            : reader.TryReadNil() ? default
            : WrongTypeOrMalformed(ref reader, DecodedField.EventTime);
    }

    private Rejection ReadKnownAt(ref MessagePackSpanReader reader, PaymentBatch batch, int rowIndex, out bool has)
    {
        has = reader.TryReadInt64(out var value);
        return has ? ToRejection(fields.SetKnownAt(batch, rowIndex, value), DecodedField.KnownAt)
            : reader.TryReadNil() ? default
            : WrongTypeOrMalformed(ref reader, DecodedField.KnownAt);
    }

    private Rejection ReadAmount(ref MessagePackSpanReader reader, PaymentBatch batch, int rowIndex, out bool has)
    {
        has = TryReadWhole(ref reader, out var value);
        return has ? ToRejection(fields.SetAmount(batch, rowIndex, value), DecodedField.AmountMinor)
            : reader.TryReadNil() ? default
            : WrongTypeOrMalformed(ref reader, DecodedField.AmountMinor);
    }

    private static Rejection ReadFraud(ref MessagePackSpanReader reader, PaymentBatch batch, int rowIndex, out bool has)
    {
        has = reader.TryReadBoolean(out batch.Fraud[rowIndex]);
        return has || reader.TryReadNil() ? default : WrongTypeOrMalformed(ref reader, DecodedField.Fraud);
    }

    private Rejection ReadAttributes(ref MessagePackSpanReader reader, PaymentBatch batch, int rowIndex, int valueStart)
    {
        if (reader.TryReadNil())
        {
            return default;
        }

        if (!reader.TryReadMapHeader(out var count))
        {
            return WrongTypeOrMalformed(ref reader, DecodedField.Attributes);
        }

        if (count > fields.Limits.AttributesMax)
        {
            return new Rejection(RejectReason.TooManyAttributes, DecodedField.Attributes);
        }

        Span<byte> digits = stackalloc byte[20];
        for (var i = 0; i < count; i++)
        {
            if (!reader.TryReadText(out var nameStart, out var nameLength))
            {
                return WrongTypeOrMalformed(ref reader, DecodedField.Attributes);
            }

            var name = batch.Bytes.AsSpan(valueStart + nameStart, nameLength);
            RejectReason reason;
            if (reader.TryReadText(out var start, out var length))
            {
                reason = fields.SetAttributeText(batch, rowIndex, name, valueStart + start, length);
            }
            else if (reader.TryReadInt64(out var integer))
            {
                // Its digits, since a double does not hold all that a card number may have.
                Utf8Formatter.TryFormat(integer, digits, out var digitCount);
                reason = fields.SetAttributeNumber(batch, rowIndex, name, integer, digits[..digitCount]);
            }
            else if (reader.TryReadNumber(out var number))
            {
                reason = fields.SetAttributeNumber(batch, rowIndex, name, number, []);
            }
            else if (reader.TryReadBoolean(out var flag))
            {
                reason = fields.SetAttributeNumber(batch, rowIndex, name, flag ? 1 : 0, flag ? "1"u8 : "0"u8);
            }
            else if (reader.TryReadNil())
            {
                reason = RejectReason.None;
            }
            else
            {
                return WrongTypeOrMalformed(ref reader, DecodedField.Attributes);
            }

            if (reason != RejectReason.None)
            {
                return new Rejection(reason, DecodedField.Attributes);
            }
        }

        return default;
    }

    /// <summary>Steps over an element that is none of ours, and looks through it.</summary>
    private Rejection SkipUnknown(ref MessagePackSpanReader reader, int depth)
    {
        var start = reader.Position;
        if (reader.TryReadArrayHeader(out var count) || reader.TryReadMapHeader(out count))
        {
            return SkipUnknownIn(ref reader, reader.IsMapAt(start) ? 2L * count : count, depth);
        }

        if (reader.TryReadText(out var textStart, out var length))
        {
            return !fields.Unknown.Count(length, depth) ? new Rejection(RejectReason.TooManyUnknownFields)
                : OfUnknown(fields.Unknown.TextHoldsCardNumber(reader.Slice(textStart, length)));
        }

        if (reader.TryReadInt64(out var integer))
        {
            Span<byte> digits = stackalloc byte[20];
            Utf8Formatter.TryFormat(integer, digits, out var digitCount);
            return !fields.Unknown.Count(digitCount, depth) ? new Rejection(RejectReason.TooManyUnknownFields)
                : OfUnknown(fields.Unknown.NumberHoldsCardNumber(digits[..digitCount]));
        }

        if (reader.TryReadNumber(out var number))
        {
            return !fields.Unknown.Count(sizeof(double), depth) ? new Rejection(RejectReason.TooManyUnknownFields)
                : OfUnknown(CardNumber.IsIn(number));
        }

        // Nil, a boolean, bytes, an extension.
        return !reader.TrySkip() ? new Rejection(RejectReason.MalformedMessagePack)
            : !fields.Unknown.Count(reader.Position - start, depth) ? new Rejection(RejectReason.TooManyUnknownFields)
            : OfUnknown(CardNumber.IsInBytes(reader.Slice(start, reader.Position - start)));
    }

    private Rejection SkipUnknownIn(ref MessagePackSpanReader reader, long count, int depth)
    {
        if (!fields.Unknown.Count(0, depth + 1))
        {
            return new Rejection(RejectReason.TooManyUnknownFields);
        }

        for (; count > 0; count--)
        {
            if (SkipUnknown(ref reader, depth + 1) is { IsNone: false } rejection)
            {
                return rejection;
            }
        }

        return default;
    }

    private static Rejection OfUnknown(bool holdsCardNumber) =>
        holdsCardNumber ? new Rejection(RejectReason.CardNumber, DecodedField.Unknown) : default;

    private static Rejection ToRejection(RejectReason reason, int field) => reason == RejectReason.None ? default : new Rejection(reason, field);
}
