using System.Text;
using StreamScoring.Configuration;
using StreamScoring.Contracts;
using StreamScoring.Mapping;

namespace StreamScoring.Files;

/// <summary>Makes labels of the rows of a table with the contract's names.</summary>
internal sealed class LabelRowMapper(TableReader table)
{
    private readonly int _paymentId = table.Require("payment_id");
    private readonly int _eventTime = table.Require("event_time");
    private readonly int _knownAt = table.Require("known_at");
    private readonly int _fraud = table.Require("fraud");

    /// <returns>Null where the row does not say whether the payment was fraud.</returns>
    public Label? Read() => Fraud() is not { } fraud ? null : new Label
    {
        PaymentId = IdOf(table.Text(_paymentId)) ?? throw Wrong("payment_id", "empty"),
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

    private string? Optional(string column) => table.IndexOf(column) is >= 0 and var index ? column is "ip" or "email_hash" ? table.Text(index) : IdOf(table.Text(index)) : null;

    /// <summary>As in the payment's table: an id that was written as a float is the same
    /// id.</summary>
    private static string? IdOf(string? text) => text is null ? null : Encoding.UTF8.GetString(CellText.WholeOf(Encoding.UTF8.GetBytes(text)));

    private bool? Fraud() => table.Text(_fraud) is not { } text ? null
        : LabelWords.FraudOf(CellText.WholeOf(CellText.Trim(Encoding.UTF8.GetBytes(text)))) ?? throw Wrong(table.Columns[_fraud], $"{text}; expected {LabelWords.Expected}");

    private long Time(int column) =>
        table.Text(column) is { } text && TimeReading.Iso.TryRead(Encoding.UTF8.GetBytes(text), out var unixMs) ? unixMs
        : throw Wrong(table.Columns[column], $"{table.Text(column)}; expected a time in ISO 8601");

    private InvalidInputFileException Wrong(string column, string value) => new($"{table.Place}: {column} is {value}");
}
