using StreamScoring.Configuration;
using StreamScoring.Contracts;
using StreamScoring.Files;

namespace StreamScoring.Tests.Files;

public sealed class PaymentTableTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("payments").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_columns_file_maps_units_time_formats_defaults_and_attributes()
    {
        var payment = Single(
            """
            version: 1
            columns:
              payment_id: id
              event_time: {column: at, format: unix_s}
              amount: {column: total, unit: major}
              currency: {column: cur, default: JPY}
              card_id: {default: nobody}
              mcc: code
              attributes.items: n
              attributes.note: note
            """,
            "id,at,total,cur,code,n,note\n7,1700000000.25,12.34,KWD,742,3,Infinity\n");
        Assert.Equal(("7", 1_700_000_000_250, 12_340, "KWD"), (payment.PaymentId, payment.EventTimeMs, payment.AmountMinor, payment.Currency));
        Assert.Equal(("nobody", "0742"), (payment.CardId, payment.Mcc));
        Assert.Equal(3.0, payment.Attributes!["items"]);
        Assert.Equal("Infinity", payment.Attributes["note"]);
    }

    [Theory]
    [InlineData("2024-02-29T12:00:00Z", 1_709_208_000_000)]
    [InlineData("2024-02-29 12:00:00", 1_709_208_000_000)]
    [InlineData("2024-02-29T13:00:00.5+01:00", 1_709_208_000_500)]
    [InlineData("2024-02-29", 1_709_164_800_000)]
    [InlineData("1709208000000", 1_709_208_000_000)]
    public void A_time_is_ISO_8601_in_UTC_where_it_names_no_zone_or_milliseconds(string text, long unixMs) =>
        Assert.Equal(unixMs, Single(null, Row(text, "1")).EventTimeMs);

    [Theory]
    [InlineData("02/03/2024", "1", "event_time is 02/03/2024; expected a time in ISO 8601")]
    [InlineData("12.5", "1", "event_time is 12.5")]
    [InlineData("10:00", "1", "event_time is 10:00")]
    [InlineData("2024-13-01", "1", "event_time is 2024-13-01")]
    [InlineData("2024-01-01", "1e27", "amount is 1e27")]
    [InlineData("2024-01-01", "-1", "amount is -1")]
    [InlineData("2024-01-01", "1.5", "amount is 1.5")]
    [InlineData("2024-01-01", "", "amount is empty")]
    public void A_cell_that_does_not_fit_is_an_error_with_file_and_line(string time, string amount, string problem)
    {
        var error = Assert.Throws<InvalidInputFileException>(() => Single(null, Row(time, amount)));
        Assert.Contains("t.csv:2: " + problem, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(EventOrder.EventTime, "1 L1 2 3")]
    [InlineData(EventOrder.File, "2 1 L1 3")]
    public void Payments_come_by_event_time_or_as_they_stand_and_a_label_once_a_payment_has_passed_the_time_it_was_known(EventOrder order, string expected)
    {
        var payments = Write("p.csv", "payment_id,event_time,amount_minor,currency,card_id\n2,2000,1,EUR,c\n1,1000,1,EUR,c\n3,3000,1,EUR,c\n");
        var labels = Write("l.csv", $"payment_id,event_time,known_at,fraud,card_id\n1,1000,{(order == EventOrder.File ? 2500 : 2000)},1,c\n");
        var table = PaymentTable.Read([payments], [labels], null, order);
        Assert.Equal(expected, string.Join(' ', table.InOrder().Select(record =>
            record.IsLabel ? "L" + PaymentMessagePack.ReadLabel(record.Value).PaymentId : PaymentMessagePack.ReadPayment(record.Value).PaymentId)));
        Assert.Equal($"{payments}:{(order == EventOrder.File ? 2 : 3)}", table.PlaceOfPayment(0));
    }

    private static string Row(string time, string amount) => $"payment_id,event_time,amount_minor,currency,card_id\np,{time},{amount},EUR,c\n";

    private Payment Single(string? columns, string csv)
    {
        var table = PaymentTable.Read([Write("t.csv", csv)], [], columns is null ? null : Write("columns.yaml", columns), EventOrder.EventTime);
        return PaymentMessagePack.ReadPayment(table.InOrder().Single().Value);
    }

    private string Write(string name, string text)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllText(path, text);
        return path;
    }
}
