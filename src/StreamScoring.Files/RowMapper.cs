using System.Globalization;
using StreamScoring.Configuration;
using StreamScoring.Contracts;
using StreamScoring.Expressions;
using StreamScoring.Ingest;

namespace StreamScoring.Files;

/// <summary>Makes payments of the rows of one table.</summary>
internal sealed class RowMapper
{
    private readonly TableReader _table;
    private readonly (int Column, string? Default)[] _texts;
    private readonly AttributeColumn[] _attributes;
    private readonly (int Column, ColumnMapping Mapping) _eventTime;
    private readonly (int Column, ColumnMapping Mapping) _amount;
    private readonly int _label;
    private readonly TimeSpan? _labelDelay;
    private (long Count, string? FirstPlace) _likeSeconds;

    /// <param name="attributeUses">What the features take attributes for.</param>
    public RowMapper(TableReader table, ColumnsFile columns, IReadOnlyDictionary<string, AttributeUse> attributeUses)
    {
        _table = table;
        _texts = [.. TextFields.AllNames.Select(name => columns.Fields.TryGetValue(name, out var mapping)
            ? (ColumnOf(mapping), mapping.Default)
            : (-1, null))];
        _attributes = [.. columns.Fields.Where(field => field.Key.StartsWith("attributes.", StringComparison.Ordinal))
            .Select(field => (Name: field.Key["attributes.".Length..], Mapping: field.Value))
            .Select(field => new AttributeColumn(
                table, field.Name, ColumnOf(field.Mapping), field.Mapping, attributeUses.GetValueOrDefault(field.Name, AttributeUse.None)))];
        _eventTime = Required(columns, "event_time");
        _amount = Required(columns, "amount");
        Required(columns, "payment_id");
        Required(columns, "currency");
        _label = columns.LabelColumn is { } label ? table.Require(label) : -1;
        _labelDelay = columns.LabelDelay;
    }

    /// <summary>Whether the table's own label column makes labels.</summary>
    public bool MakesLabels => _label >= 0 && _labelDelay is not null;

    public bool HasLabelColumn => _label >= 0;

    /// <summary>What whoever reads the table should know, once it is read.</summary>
    public IEnumerable<string> Notices => _attributes.Select(attribute => attribute.Notice).Append(SecondsNotice).OfType<string>();

    private string? SecondsNotice => _likeSeconds.Count == 0 ? null
        : $"{_likeSeconds.FirstPlace}: event_time looks like epoch seconds and is taken for milliseconds, a time of 1970, in {_likeSeconds.Count:N0} rows, the first of them here; "
            + "if they are seconds, say so in a columns file: format: unix_s (docs/columns.md)";

    /// <exception cref="InvalidInputFileException">A required cell is empty or malformed; the
    /// message names file and line.</exception>
    public Payment ReadPayment()
    {
        var currency = Text(TextField.Currency) ?? throw Missing("currency");
        return new Payment
        {
            PaymentId = Text(TextField.PaymentId) ?? throw Missing("payment_id"),
            EventTimeMs = EventTime(),
            AmountMinor = Amount(currency),
            Currency = currency,
            CardId = Text(TextField.CardId),
            CustomerId = Text(TextField.CustomerId),
            MerchantId = Text(TextField.MerchantId),
            TerminalId = Text(TextField.TerminalId),
            Mcc = Mcc(),
            MerchantCountry = Text(TextField.MerchantCountry),
            CardCountry = Text(TextField.CardCountry),
            IpCountry = Text(TextField.IpCountry),
            Ip = Text(TextField.Ip),
            DeviceId = Text(TextField.DeviceId),
            EmailHash = Text(TextField.EmailHash),
            Channel = Text(TextField.Channel),
            Attributes = Attributes(),
        };
    }

    /// <summary>Whether the row's payment was fraud; null where the cell is empty, because nobody
    /// knows yet.</summary>
    public bool? ReadFraud() => FraudOf(_table, _label);

    /// <inheritdoc cref="ReadFraud"/>
    /// <exception cref="InvalidInputFileException">The cell says neither.</exception>
    internal static bool? FraudOf(TableReader table, int column) => table.Text(column) switch
    {
        null => null,
        "1" or "true" or "True" or "TRUE" or "1.0" => true,
        "0" or "false" or "False" or "FALSE" or "0.0" => false,
        var text => throw new InvalidInputFileException($"{table.Place}: {table.Columns[column]} is {text}; expected 0 or 1, or nothing where it is not known"),
    };

    /// <exception cref="InvalidInputFileException">The label would become known after the year
    /// 9999.</exception>
    public Label LabelOf(Payment payment, bool fraud) => new()
    {
        PaymentId = payment.PaymentId,
        EventTimeMs = payment.EventTimeMs,
        KnownAtMs = UnixTime.IsDate(payment.EventTimeMs + (long)_labelDelay!.Value.TotalMilliseconds, out var knownAtMs) ? knownAtMs
            : throw new InvalidInputFileException($"{_table.Place}: event_time and label_delay together lie beyond the year 9999"),
        Fraud = fraud,
        CardId = payment.CardId,
        CustomerId = payment.CustomerId,
        MerchantId = payment.MerchantId,
        TerminalId = payment.TerminalId,
        Ip = payment.Ip,
        DeviceId = payment.DeviceId,
        EmailHash = payment.EmailHash,
    };

    /// <summary>
    /// A time cell: ISO 8601 (UTC where it names no zone), or seconds or milliseconds since the
    /// Unix epoch.
    /// </summary>
    internal static bool TryParseTime(string text, TimeFormat format, out long unixMs)
    {
        unixMs = 0;
        if (format == TimeFormat.Iso8601)
        {
            // Our own files may hold plain milliseconds, as the wire forms may.
            return IsoTime.TryParse(text, out unixMs) || (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out unixMs) && UnixTime.IsDate(unixMs, out _));
        }

        // A number beyond these has no date, and multiplying the largest would overflow.
        return decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && Math.Abs(number) < 1e15m
            && UnixTime.IsDate((long)(format == TimeFormat.UnixSeconds ? number * 1000 : number), out unixMs);
    }

    private int ColumnOf(ColumnMapping mapping) => mapping.Column is { } column ? _table.Require(column) : -1;

    private (int Column, ColumnMapping Mapping) Required(ColumnsFile columns, string field) =>
        columns.Fields.TryGetValue(field, out var mapping)
            ? (ColumnOf(mapping), mapping)
            : throw new InvalidInputFileException(
                $"{_table.FilePath}: there is no column {(field == "amount" ? "amount_minor" : field)}; its columns are {string.Join(", ", _table.Columns)}. Map them with --columns FILE (docs/columns.md).");

    private string? Text(TextField field)
    {
        var (column, otherwise) = _texts[(int)field];
        return (column < 0 ? null : _table.Text(column)) ?? otherwise;
    }

    /// <summary>Many tables hold the code as a number, without its leading zeros.</summary>
    private string? Mcc() => Text(TextField.Mcc) is { } text ? text.All(char.IsAsciiDigit) ? text.PadLeft(4, '0') : text : null;

    private long EventTime()
    {
        var timeMs = TimeOf(_eventTime.Column, _eventTime.Mapping, "event_time");
        if (_eventTime.Mapping.Format != TimeFormat.UnixSeconds && RejectionText.LooksLikeSeconds(timeMs))
        {
            _likeSeconds = (_likeSeconds.Count + 1, _likeSeconds.FirstPlace ?? _table.Place);
        }

        return timeMs;
    }

    private long TimeOf(int column, ColumnMapping mapping, string field)
    {
        var text = (column < 0 ? null : _table.Text(column)) ?? mapping.Default ?? throw Missing(field);
        return TryParseTime(text, mapping.Format, out var unixMs) ? unixMs
            : throw new InvalidInputFileException($"{_table.Place}: {field} is {text}; expected {Describe(mapping.Format)}");
    }

    private static string Describe(TimeFormat format) => format switch
    {
        TimeFormat.UnixMilliseconds => "milliseconds since 1970",
        TimeFormat.UnixSeconds => "seconds since 1970",
        _ => "a time in ISO 8601, such as 2026-01-31T12:00:00Z",
    };

    private long Amount(string currency)
    {
        var text = (_amount.Column < 0 ? null : _table.Text(_amount.Column)) ?? _amount.Mapping.Default ?? throw Missing("amount");
        if (!CurrencyTable.TryFind(System.Text.Encoding.UTF8.GetBytes(currency), out var index))
        {
            throw new InvalidInputFileException($"{_table.Place}: currency is {currency}, which is not an ISO 4217 code");
        }

        var scale = _amount.Mapping.Unit == AmountUnit.Minor ? 1m : (decimal)Math.Pow(10, CurrencyTable.ExponentOf(index));
        return decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var amount)
            && amount >= 0 && amount <= long.MaxValue / scale && amount * scale == decimal.Truncate(amount * scale)
                ? (long)(amount * scale)
                : throw new InvalidInputFileException(
                    $"{_table.Place}: amount is {text}; expected a whole number of {currency} minor units that is not negative{(_amount.Mapping.Unit == AmountUnit.Major ? ", written in major units" : "")}");
    }

    private Dictionary<string, object>? Attributes()
    {
        Dictionary<string, object>? attributes = null;
        foreach (var attribute in _attributes)
        {
            if (attribute.Read() is { } value)
            {
                attributes ??= new Dictionary<string, object>(StringComparer.Ordinal);
                attributes[attribute.Name] = value;
            }
        }

        return attributes;
    }

    private InvalidInputFileException Missing(string field) => new($"{_table.Place}: {field} is empty");
}
