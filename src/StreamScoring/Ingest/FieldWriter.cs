using System.Buffers.Text;
using System.Text.Unicode;
using StreamScoring.Batches;
using StreamScoring.Contracts;
using StreamScoring.Identity;
using StreamScoring.Mapping;

namespace StreamScoring.Ingest;

/// <summary>
/// Checks decoded values and puts them into a batch's columns. Both wire forms end here, so a rule
/// about a field stands once. Every method returns <see cref="RejectReason.None"/> or the reason.
/// </summary>
internal sealed class FieldWriter
{
    private readonly IngestLimits _limits;
    private readonly IdentityHash _identity;
    private readonly bool[] _hashed = new bool[TextFields.Count];
    private readonly bool[] _scanned = new bool[TextFields.Count];
    private readonly bool _scanAttributes;
    private readonly bool _scanAmount;

    /// <summary>Names of attributes in which card numbers are not looked for.</summary>
    private readonly byte[][] _attributesIgnored;
    private readonly byte[][] _attributeNames;
    private readonly bool[] _attributeSeen;
    private NeighbouringGroups _groups;

    public FieldWriter(BatchLayout layout, IngestLimits limits, IdentityHash identity)
    {
        (_limits, _identity) = (limits, identity);
        for (var i = 0; i < TextFields.Count; i++)
        {
            var field = (TextField)i;
            _hashed[i] = field == TextField.PaymentId || TextFields.ContentIds.Contains(field) || layout.HashedFields.Contains(field);
            _scanned[i] = !limits.CardNumberFieldsIgnored.Contains(TextFields.NameOf((TextField)i));
        }

        _scanAttributes = !limits.CardNumberFieldsIgnored.Contains(CardNumberFields.Attributes);
        _scanAmount = !limits.CardNumberFieldsIgnored.Contains(CardNumberFields.AmountMinor);
        _attributesIgnored = [.. CardNumberFields.AttributesOf(limits.CardNumberFieldsIgnored).Select(System.Text.Encoding.UTF8.GetBytes)];
        _attributeNames = [.. layout.AttributeNames.Select(System.Text.Encoding.UTF8.GetBytes)];
        _attributeSeen = new bool[_attributeNames.Length];
    }

    public IngestLimits Limits => _limits;

    /// <summary>What the row holds beside the contract's fields.</summary>
    public UnknownFields Unknown { get; } = new();

    /// <summary>Makes every column of the row missing, before the first field is set.</summary>
    public void StartRow(PaymentBatch batch, int rowIndex)
    {
        for (var i = 0; i < TextFields.Count; i++)
        {
            batch.Text((TextField)i).SetMissing(rowIndex);
        }

        for (var i = 0; i < _attributeNames.Length; i++)
        {
            batch.Attribute(i).SetMissing(rowIndex);
            _attributeSeen[i] = false;
        }

        batch.CurrencyIndex[rowIndex] = -1;
        Unknown.StartRow();
        _groups.Clear();
    }

    /// <summary>Sets a text field to a slice of the batch's bytes.</summary>
    public RejectReason SetText(PaymentBatch batch, int rowIndex, TextField field, int start, int length)
    {
        if (length == 0)
        {
            return RejectReason.None;
        }

        if (length > _limits.TextBytesMax)
        {
            return RejectReason.TextTooLong;
        }

        var value = batch.Bytes.AsSpan(start, length);
        if (!Utf8.IsValid(value))
        {
            return RejectReason.InvalidUtf8;
        }

        if (_scanned[(int)field] && CardNumber.IsIn(value))
        {
            return RejectReason.CardNumber;
        }

        var reason = field switch
        {
            TextField.Currency => SetCurrency(batch, rowIndex, value),
            TextField.Mcc => value.Length == 4 && IsAllDigits(value) ? RejectReason.None : RejectReason.InvalidMcc,
            TextField.MerchantCountry or TextField.CardCountry or TextField.IpCountry => CheckCountry(value),
            _ => RejectReason.None,
        };
        if (reason is RejectReason.UnknownCurrency or RejectReason.InvalidMcc or RejectReason.InvalidCountry
            && TryAsContract(batch, field, value, out var contractStart, out var contractLength))
        {
            return SetText(batch, rowIndex, field, contractStart, contractLength);
        }

        if (reason != RejectReason.None)
        {
            return reason;
        }

        var column = batch.Text(field);
        column.Start[rowIndex] = start;
        column.Length[rowIndex] = length;
        if (_hashed[(int)field])
        {
            column.Hash[rowIndex] = _identity.Of(value);
        }

        return RejectReason.None;
    }

    /// <summary>
    /// A code as others write it: <c>usd</c> and <c>978</c> are currencies, <c>gb</c> is a country,
    /// and <c>742</c> is a category whose leading zero was lost. The record's own bytes stay: they
    /// go into a dead letter if something else is wrong.
    /// </summary>
    private static bool TryAsContract(PaymentBatch batch, TextField field, ReadOnlySpan<byte> value, out int start, out int length)
    {
        (start, length) = (0, 0);
        Span<byte> written = stackalloc byte[4];
        value = CellText.WholeOf(value);
        if (field == TextField.Currency)
        {
            if (!CurrencyTable.TryFindWritten(value, out var index))
            {
                return false;
            }

            written = written[..3];
            CurrencyTable.Utf8CodeOf(index).CopyTo(written);
        }
        else if (field == TextField.Mcc)
        {
            if (value.Length is 0 or > 4 || !IsAllDigits(value))
            {
                return false;
            }

            written.Fill((byte)'0');
            value.CopyTo(written[(4 - value.Length)..]);
        }
        else
        {
            if (value.Length != 2 || !char.IsAsciiLetter((char)value[0]) || !char.IsAsciiLetter((char)value[1]))
            {
                return false;
            }

            written = written[..2];
            System.Text.Ascii.ToUpper(value, written, out _);
        }

        (start, length) = (batch.AppendBytes(written), written.Length);
        return true;
    }

    /// <summary>
    /// Whether a number may stand for the text: ids are numbers to many, and are not to be counted
    /// with.
    /// </summary>
    public static bool TakesNumber(TextField field) => field is TextField.Currency or TextField.Mcc or TextField.PaymentId or TextField.CardId or TextField.CustomerId
        or TextField.MerchantId or TextField.TerminalId or TextField.DeviceId;

    /// <summary>A text that came as a number in binary.</summary>
    public RejectReason SetNumber(PaymentBatch batch, int rowIndex, TextField field, long number)
    {
        Span<byte> digits = stackalloc byte[20];
        Utf8Formatter.TryFormat(number, digits, out var length);
        return SetText(batch, rowIndex, field, batch.AppendBytes(digits[..length]), length);
    }

    /// <summary>An MCC given as a number: its four digits, with leading zeros.</summary>
    public RejectReason SetMcc(PaymentBatch batch, int rowIndex, long number)
    {
        if (number is < 0 or > 9999)
        {
            return RejectReason.InvalidMcc;
        }

        Span<byte> digits = stackalloc byte[4];
        Utf8Formatter.TryFormat(number, digits, out _, new System.Buffers.StandardFormat('D', 4));
        return SetText(batch, rowIndex, TextField.Mcc, batch.AppendBytes(digits), 4);
    }

    /// <summary>Its range depends on the currency, so that is checked at the end.</summary>
    public RejectReason SetAmount(PaymentBatch batch, int rowIndex, long amountMinor)
    {
        batch.AmountMinor[rowIndex] = amountMinor;
        return _scanAmount && CardNumber.IsIn(amountMinor) ? RejectReason.CardNumber : RejectReason.None;
    }

    /// <summary>
    /// Of an amount that is none: it is refused anyway, and the reason says what is the matter.
    /// </summary>
    public bool IsCardNumberInAmount(ReadOnlySpan<byte> written) => _scanAmount && CardNumber.IsInNumber(written);

    public RejectReason SetEventTime(PaymentBatch batch, int rowIndex, long eventTimeMs)
    {
        batch.EventTimeMs[rowIndex] = eventTimeMs;
        return CheckTime(batch, rowIndex, eventTimeMs);
    }

    /// <summary>Sets when a label became known.</summary>
    public RejectReason SetKnownAt(PaymentBatch batch, int rowIndex, long knownAtMs)
    {
        // Nobody knows something later than it is published. So one that claims to be of the future
        // can be replaced by any that comes later.
        batch.KnownAtMs[rowIndex] = batch.LogTimestampMs[rowIndex] > 0 ? Math.Min(knownAtMs, batch.LogTimestampMs[rowIndex]) : knownAtMs;
        return CheckTime(batch, rowIndex, knownAtMs);
    }

    private RejectReason CheckTime(PaymentBatch batch, int rowIndex, long timeMs)
    {
        // A record's timestamp may be any number. No time of an event is beyond the calendar,
        // whatever the record says.
        var logTimestampMs = Math.Max(batch.LogTimestampMs[rowIndex], 0);
        if (timeMs >= _limits.EventTimeFloorMs && timeMs <= IngestLimits.EventTimeMsMax
            && timeMs - logTimestampMs <= (long)_limits.EventTimeAheadMax.TotalMilliseconds)
        {
            return RejectReason.None;
        }

        batch.RefusedTimeMs[rowIndex] = timeMs;
        return RejectReason.OutOfRange;
    }

    public RejectReason SetAttributeText(PaymentBatch batch, int rowIndex, ReadOnlySpan<byte> name, int start, int length)
    {
        var value = batch.Bytes.AsSpan(start, length);
        if (length > _limits.TextBytesMax || name.Length > _limits.TextBytesMax)
        {
            return RejectReason.TextTooLong;
        }

        if (!Utf8.IsValid(value) || !Utf8.IsValid(name))
        {
            return RejectReason.InvalidUtf8;
        }

        if (_scanAttributes && !IsIgnored(name) && (CardNumber.IsIn(value) || CardNumber.IsIn(name) || _groups.Add(value)))
        {
            return RejectReason.CardNumber;
        }

        var index = TakeAttribute(name, out var reason);
        if (index >= 0)
        {
            var text = batch.Attribute(index).Text;
            text.Start[rowIndex] = start;
            text.Length[rowIndex] = length;
            text.Hash[rowIndex] = _identity.Of(value);
        }

        return reason;
    }

    /// <param name="digits">The number as it was written, for the card number check; empty where it
    /// came in binary.</param>
    public RejectReason SetAttributeNumber(PaymentBatch batch, int rowIndex, ReadOnlySpan<byte> name, double number, ReadOnlySpan<byte> digits)
    {
        if (name.Length > _limits.TextBytesMax)
        {
            return RejectReason.TextTooLong;
        }

        if (!Utf8.IsValid(name))
        {
            return RejectReason.InvalidUtf8;
        }

        if (!double.IsFinite(number))
        {
            return RejectReason.OutOfRange;
        }

        if (_scanAttributes && !IsIgnored(name)
            && ((digits.IsEmpty ? CardNumber.IsIn(number) || _groups.Add(number) : CardNumber.IsInNumber(digits) || _groups.Add(digits))
                || CardNumber.IsIn(name)))
        {
            return RejectReason.CardNumber;
        }

        var index = TakeAttribute(name, out var reason);
        if (index >= 0)
        {
            batch.Attribute(index).Number[rowIndex] = number;
        }

        return reason;
    }

    /// <summary>The checks that need the whole payment.</summary>
    public static Rejection FinishPayment(PaymentBatch batch, int rowIndex, bool hasEventTime, bool hasAmount)
    {
        if (batch.Text(TextField.PaymentId).Length[rowIndex] == 0)
        {
            return new Rejection(RejectReason.MissingField, (int)TextField.PaymentId);
        }

        if (!hasEventTime)
        {
            return new Rejection(RejectReason.MissingField, DecodedField.EventTime);
        }

        if (!hasAmount)
        {
            return new Rejection(RejectReason.MissingField, DecodedField.AmountMinor);
        }

        var currency = batch.CurrencyIndex[rowIndex];
        if (currency < 0)
        {
            return new Rejection(RejectReason.MissingField, (int)TextField.Currency);
        }

        var amount = batch.AmountMinor[rowIndex];
        return amount < 0 || amount > IngestLimits.AmountMinorMax(currency) ? new Rejection(RejectReason.OutOfRange, DecodedField.AmountMinor)
            : HasEntity(batch, rowIndex) ? default
            : new Rejection(RejectReason.NoEntity);
    }

    /// <summary>The checks that need the whole label.</summary>
    public static Rejection FinishLabel(PaymentBatch batch, int rowIndex, bool hasEventTime, bool hasKnownAt, bool hasFraud) =>
        batch.Text(TextField.PaymentId).Length[rowIndex] == 0 ? new Rejection(RejectReason.MissingField, (int)TextField.PaymentId)
        : !hasEventTime ? new Rejection(RejectReason.MissingField, DecodedField.EventTime)
        : !hasKnownAt ? new Rejection(RejectReason.MissingField, DecodedField.KnownAt)
        : !hasFraud ? new Rejection(RejectReason.MissingField, DecodedField.Fraud)
        : HasEntity(batch, rowIndex) ? default
        : new Rejection(RejectReason.NoEntity);

    private static bool HasEntity(PaymentBatch batch, int rowIndex)
    {
        for (var i = 0; i < TextFields.EntityIds.Count; i++)
        {
            if (batch.Text(TextFields.EntityIds[i]).Length[rowIndex] > 0)
            {
                return true;
            }
        }

        return false;
    }

    private static RejectReason SetCurrency(PaymentBatch batch, int rowIndex, ReadOnlySpan<byte> value)
    {
        if (!CurrencyTable.TryFind(value, out var index))
        {
            return RejectReason.UnknownCurrency;
        }

        batch.CurrencyIndex[rowIndex] = index;
        return RejectReason.None;
    }

    private static RejectReason CheckCountry(ReadOnlySpan<byte> value) =>
        value.Length == 2 && char.IsAsciiLetterUpper((char)value[0]) && char.IsAsciiLetterUpper((char)value[1])
            ? RejectReason.None
            : RejectReason.InvalidCountry;

    private static bool IsAllDigits(ReadOnlySpan<byte> value) => value.IndexOfAnyExceptInRange((byte)'0', (byte)'9') < 0;

    private bool IsIgnored(ReadOnlySpan<byte> name)
    {
        foreach (var ignored in _attributesIgnored)
        {
            if (name.SequenceEqual(ignored))
            {
                // What stands beside it is no part of the same number.
                _groups.Clear();
                return true;
            }
        }

        return false;
    }

    /// <returns>The attribute's column; -1 where nothing looks at it or it was given
    /// before.</returns>
    private int TakeAttribute(ReadOnlySpan<byte> name, out RejectReason reason)
    {
        reason = RejectReason.None;
        for (var i = 0; i < _attributeNames.Length; i++)
        {
            if (name.SequenceEqual(_attributeNames[i]))
            {
                if (_attributeSeen[i])
                {
                    reason = RejectReason.DuplicateField;
                    return -1;
                }

                _attributeSeen[i] = true;
                return i;
            }
        }

        return -1;
    }
}
