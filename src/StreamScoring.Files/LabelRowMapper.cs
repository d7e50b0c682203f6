using StreamScoring.Configuration;
using StreamScoring.Contracts;

namespace StreamScoring.Files;

/// <summary>Makes labels of the rows of a table with the contract's names.</summary>
internal sealed class LabelRowMapper(TableReader table)
{
    private readonly int _paymentId = table.Require("payment_id");
    private readonly int _eventTime = table.Require("event_time");
    private readonly int _knownAt = table.Require("known_at");
    private readonly int _fraud = table.Require("fraud");

    /// <returns>Null where the row does not say whether the payment was fraud.</returns>
    public Label? Read() => RowMapper.FraudOf(table, _fraud) is not { } fraud ? null : new Label
    {
        PaymentId = table.Text(_paymentId) ?? throw Wrong("payment_id", "empty"),
        EventTimeMs = Time(_eventTime),
        KnownAtMs = Time(_knownAt),
        Fraud = fraud,
        CardId = Optional("card_id"),
        CustomerId = Optional("customer_id"),
        MerchantId = Optional("merchant_id"),
        TerminalId = Optional("terminal_id"),
        Ip = Optional("ip"),
        DeviceId = Optional("device_id"),
        EmailHash = Optional("email_hash"),
    };

    private string? Optional(string column) => table.IndexOf(column) is >= 0 and var index ? table.Text(index) : null;

    private long Time(int column) =>
        table.Text(column) is { } text && RowMapper.TryParseTime(text, TimeFormat.Iso8601, out var unixMs) ? unixMs
        : throw Wrong(table.Columns[column], $"{table.Text(column)}; expected a time in ISO 8601");

    private InvalidInputFileException Wrong(string column, string value) => new($"{table.Place}: {column} is {value}");
}
