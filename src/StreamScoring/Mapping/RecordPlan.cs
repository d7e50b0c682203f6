using System.Buffers.Text;
using System.Globalization;
using StreamScoring.Contracts;

namespace StreamScoring.Mapping;

/// <summary>
/// How records of a source become payments: one plan for each field, made once. It is the one place
/// that turns a source's value into a field; tables hand it cells, and any other source may hand it
/// the values of its own. Used by one thread at a time; allocates nothing for a record that fits.
/// </summary>
public sealed class RecordPlan
{
    private readonly FieldPlan[] _fields;
    private byte[] _joined = new byte[256];
    private byte[] _made = new byte[256];

    /// <param name="fields">One a field.</param>
    /// <param name="sources">Names of the sources, by number.</param>
    /// <param name="attributeNames">Names of attributes, by number.</param>
    public RecordPlan(IEnumerable<FieldPlan> fields, IReadOnlyList<string> sources, IReadOnlyList<string> attributeNames)
    {
        // The amount needs the currency, and what is no payment needs nothing.
        _fields = [.. fields.OrderBy(field => field.Kind == FieldKind.Skip ? 0 : field.Kind == FieldKind.Amount ? 2 : 1)];
        (Sources, AttributeNames) = (sources, attributeNames);
    }

    /// <summary>The fields' plans.</summary>
    public IReadOnlyList<FieldPlan> Fields => _fields;

    /// <summary>Names of what the plan asks of a record, by number.</summary>
    public IReadOnlyList<string> Sources { get; }

    /// <summary>Names of attributes, by number.</summary>
    public IReadOnlyList<string> AttributeNames { get; }

    /// <summary>Makes the fields of one record. What is wrong stands in its problems, all of
    /// it.</summary>
    /// <param name="values">What the record holds.</param>
    /// <param name="recordNumber">From 1, for ids that are record numbers.</param>
    /// <param name="record">Filled; what it held before is gone.</param>
    public void Map(SourceValues values, long recordNumber, MappedRecord record)
    {
        ArgumentNullException.ThrowIfNull(values);
        ArgumentNullException.ThrowIfNull(record);
        record.Clear();
        foreach (var field in _fields)
        {
            var reason = MapField(field, values, recordNumber, record);
            if (reason == MapReason.Skipped)
            {
                record.SkippedBy = field;
                return;
            }

            if (reason != MapReason.None)
            {
                record.Add(field, reason);
            }
        }
    }

    /// <summary>A field's value as its source wrote it, several joined; for messages.</summary>
    /// <returns>UTF-8; empty where there is none. Valid until the next call.</returns>
    public ReadOnlySpan<byte> Written(FieldPlan field, SourceValues values)
    {
        ArgumentNullException.ThrowIfNull(field);
        ArgumentNullException.ThrowIfNull(values);
        return ValueOf(field, values, out _);
    }

    private MapReason MapField(FieldPlan field, SourceValues values, long recordNumber, MappedRecord record)
    {
        if (field.IsRowNumber)
        {
            Span<byte> digits = stackalloc byte[20];
            Utf8Formatter.TryFormat(recordNumber, digits, out var written);
            record.SetText(field.Field, Prefixed(field, digits[..written]));
            return MapReason.None;
        }

        var value = ValueOf(field, values, out var kind);
        if (field.Kind == FieldKind.Skip)
        {
            return field.Missing!.TryFind(value, out _) ? MapReason.Skipped : MapReason.None;
        }

        if (value.IsEmpty || (field.Missing is not null && field.Missing.TryFind(value, out _)))
        {
            value = field.DefaultBytes;
            if (value.IsEmpty)
            {
                return field.Kind is FieldKind.EventTime or FieldKind.Amount || (field.Kind == FieldKind.Text && field.Field is TextField.PaymentId or TextField.Currency)
                    ? MapReason.Missing : MapReason.None;
            }
        }

        field.Words?.TryFind(value, out value);
        switch (field.Kind)
        {
            case FieldKind.Text:
                return MapText(field, value, kind, record);
            case FieldKind.EventTime:
                var isTime = field.Time.TryRead(value, out var unixMs);
                record.EventTimeMs = unixMs;
                return isTime ? MapReason.None : MapReason.NoTime;
            case FieldKind.Amount:
                // Without a currency there is nothing to say about the amount.
                if (record.CurrencyIndex < 0)
                {
                    return MapReason.None;
                }

                var reason = field.Amount.Read(value, record.CurrencyIndex, out var minor);
                record.AmountMinor = minor;
                return reason;
            case FieldKind.Fraud:
                return MapFraud(field, value, record);
            case FieldKind.AttributeText:
                value = field.IsWhole ? CellText.WholeOf(value) : value;
                record.SetAttribute(field.Attribute, Finished(field, value));
                return MapReason.None;
            default:
                return MapNumber(field, value, record);
        }
    }

    /// <summary>The source's value; several joined, as numbers that were written as floats are
    /// meant.</summary>
    private ReadOnlySpan<byte> ValueOf(FieldPlan field, SourceValues values, out SourceKind kind)
    {
        kind = SourceKind.Cell;
        var sources = field.SourceNumbers;
        if (sources.Length == 1)
        {
            kind = values.KindOf(sources[0]);
            if (kind != SourceKind.Missing)
            {
                return values.Text(sources[0]);
            }
        }
        else if (sources.Length > 1 && Join(field, values) is { IsEmpty: false } joined)
        {
            return joined;
        }

        if (field.Fallback < 0)
        {
            return [];
        }

        kind = values.KindOf(field.Fallback);
        return values.Text(field.Fallback);
    }

    /// <summary>
    /// Of texts a part may be missing, and stays empty: a card that is told by its first digits and
    /// its town is one also where the town is not known.
    /// </summary>
    /// <returns>Empty where all of them are missing, of a time where one is.</returns>
    private ReadOnlySpan<byte> Join(FieldPlan field, SourceValues values)
    {
        var (length, missing, isFirst) = (0, 0, true);
        foreach (var source in field.SourceNumbers)
        {
            missing += values.KindOf(source) == SourceKind.Missing ? 1 : 0;
            var part = CellText.WholeOf(values.Text(source));
            var separator = isFirst ? [] : field.SeparatorBytes.AsSpan();
            isFirst = false;
            if (_joined.Length < length + separator.Length + part.Length)
            {
                Array.Resize(ref _joined, (length + separator.Length + part.Length) * 2);
            }

            separator.CopyTo(_joined.AsSpan(length));
            part.CopyTo(_joined.AsSpan(length + separator.Length));
            length += separator.Length + part.Length;
        }

        return missing == field.SourceNumbers.Length || (missing > 0 && field.Kind is not (FieldKind.Text or FieldKind.AttributeText)) ? [] : _joined.AsSpan(0, length);
    }

    private MapReason MapText(FieldPlan field, ReadOnlySpan<byte> value, SourceKind kind, MappedRecord record)
    {
        if ((field.IsId || field.IsWhole) && kind != SourceKind.Text)
        {
            value = CellText.WholeOf(value);
        }

        switch (field.Field)
        {
            case TextField.Currency:
                if (!CurrencyTable.TryFindWritten(value, out var index))
                {
                    return MapReason.NoCurrency;
                }

                record.CurrencyIndex = index;
                record.SetText(field.Field, CurrencyTable.Utf8CodeOf(index));
                return MapReason.None;
            case TextField.Mcc when value.Length is > 0 and < 4 && value.IndexOfAnyExceptInRange((byte)'0', (byte)'9') < 0:
                // Many tables hold the code as a number, without its leading zeros.
                Span<byte> digits = stackalloc byte[4];
                digits.Fill((byte)'0');
                value.CopyTo(digits[(4 - value.Length)..]);
                record.SetText(field.Field, digits);
                return MapReason.None;
            case TextField.MerchantCountry or TextField.CardCountry or TextField.IpCountry when value.Length == 2:
                Span<byte> country = stackalloc byte[2];
                System.Text.Ascii.ToUpper(value, country, out var letters);
                record.SetText(field.Field, letters == 2 ? country : value);
                return MapReason.None;
            default:
                record.SetText(field.Field, Finished(field, value));
                return MapReason.None;
        }
    }

    /// <summary>A text with its case, as a token, and with its prefix.</summary>
    private ReadOnlySpan<byte> Finished(FieldPlan field, ReadOnlySpan<byte> value)
    {
        if (field.Token is not null)
        {
            Span<byte> token = stackalloc byte[CardToken.Length];
            field.Token.Write(value, token);
            return Prefixed(field, token);
        }

        if (field.Case != TextCase.AsWritten)
        {
            value = System.Text.Encoding.UTF8.GetBytes(
                field.Case == TextCase.Upper ? System.Text.Encoding.UTF8.GetString(value).ToUpperInvariant() : System.Text.Encoding.UTF8.GetString(value).ToLowerInvariant());
        }

        return field.Prefix.Length == 0 ? value : Prefixed(field, value);
    }

    private ReadOnlySpan<byte> Prefixed(FieldPlan field, scoped ReadOnlySpan<byte> value)
    {
        var prefix = field.PrefixBytes;
        Room(prefix.Length + value.Length);
        value.CopyTo(_made.AsSpan(prefix.Length));
        prefix.CopyTo(_made, 0);
        return _made.AsSpan(0, prefix.Length + value.Length);
    }

    private void Room(int bytes)
    {
        if (_made.Length < bytes)
        {
            _made = new byte[bytes * 2];
        }
    }

    private static MapReason MapFraud(FieldPlan field, ReadOnlySpan<byte> value, MappedRecord record)
    {
        value = CellText.Trim(value);
        if (field.FraudWords is null)
        {
            record.IsFraud = LabelWords.FraudOf(CellText.WholeOf(value));
            return record.IsFraud is null ? MapReason.NoLabel : MapReason.None;
        }

        record.IsFraud = field.FraudWords.TryFind(value, out _) ? true
            : field.GenuineWords is null || field.GenuineWords.TryFind(value, out _) ? false
            : null;
        return record.IsFraud is null ? MapReason.NoLabel : MapReason.None;
    }

    private static MapReason MapNumber(FieldPlan field, ReadOnlySpan<byte> value, MappedRecord record)
    {
        if (!field.IsCommaDecimal && double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number))
        {
            record.SetAttribute(field.Attribute, number);
            return MapReason.None;
        }

        if (NumberWords.IsMissing(value))
        {
            return MapReason.None;
        }

        if (NumberWords.TryFlag(value, out number))
        {
            record.SetAttribute(field.Attribute, number);
            return MapReason.None;
        }

        if (AmountReading.Number(value, field.IsCommaDecimal, currencyIndex: -1, out var written) == MapReason.None)
        {
            record.SetAttribute(field.Attribute, (double)written);
            return MapReason.None;
        }

        if (field.IsStrict)
        {
            return MapReason.NoNumber;
        }

        record.SetAttribute(field.Attribute, value);
        record.OddNumberCount++;
        return MapReason.None;
    }
}
