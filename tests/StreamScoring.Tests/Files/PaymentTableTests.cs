using System.Text;
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
              attributes.items: {column: n, type: number}
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

    [Fact]
    public void An_empty_label_is_no_label_in_the_column_and_in_a_table_of_labels_of_either_kind()
    {
        var payments = Write("p.csv", "id,t,a,c,y\na,2026-01-01,1,c,1\nb,2026-01-02,1,c,\nd,2026-01-03,1,c,0\n");
        var columns = Write("columns.yaml", Columns + "label: y\nlabel_delay: 1d\n");
        var labels = Path.Combine(_folder, "labels.parquet");
        using (var writer = TableWriter.Create(labels, [("payment_id", true), ("event_time", true), ("known_at", true), ("fraud", false), ("customer_id", true)]))
        {
            Row("b", "", double.NaN);
            Row("d", "2026-03-01", 1);
            writer.Complete();

            void Row(string id, string knownAt, double fraud)
            {
                writer.Text(Encoding.UTF8.GetBytes(id));
                writer.Text("2026-01-03"u8);
                writer.Text(Encoding.UTF8.GetBytes(knownAt));
                writer.Number(fraud);
                writer.Text("c"u8);
                writer.EndRow();
            }
        }

        var table = PaymentTable.Read([payments], [labels], columns, EventOrder.EventTime, keepsFrauds: true);
        Assert.Equal(["a", "d", "d"], Labels(table).Select(label => label.PaymentId));
        Assert.Equal([true, false, true], Labels(table).Select(label => label.Fraud));
        Assert.Equal([true, null, true], Enumerable.Range(0, 3).Select(i => FraudOf(table, i)));
        Assert.Equal(["2 of 5 rows do not say whether the payment was fraud: no label is made of them"], table.Notices);
    }

    [Theory]
    [InlineData(2000, new[] { false, true })]
    // Of no row: it is whatever the id says.
    [InlineData(2500, new[] { true, true })]
    public void A_label_of_an_id_that_stands_twice_belongs_to_the_row_with_its_event_time(long eventTime, bool[] expected)
    {
        var payments = Write("p.csv", "payment_id,event_time,amount_minor,currency,card_id\n1,1000,1,EUR,c\n1,2000,2,EUR,d\n");
        var labels = Write("l.csv", $"payment_id,event_time,known_at,fraud,card_id\n1,{eventTime},3000,1,d\n");
        var table = PaymentTable.Read([payments], [labels], null, EventOrder.EventTime, keepsFrauds: true);
        Assert.Equal(expected, Enumerable.Range(0, 2).Select(i => FraudOf(table, i) == true));
    }

    [Fact]
    public void Labels_that_became_known_after_a_time_do_not_count()
    {
        var payments = Write("p.csv", "payment_id,event_time,amount_minor,currency,card_id,fraud\n1,1000,1,EUR,c,1\n2,2000,1,EUR,c,1\n3,3000,1,EUR,c,\n4,500,1,EUR,c,0\n");
        const string ofContract = "version: 1\ncolumns: {payment_id: payment_id, event_time: {column: event_time, format: unix_ms}, amount: {column: amount_minor, unit: minor}, currency: currency, card_id: card_id}\nlabel: fraud\n";
        var columns = Write("columns.yaml", ofContract + "label_delay: 1s\n");
        var labels = Write("l.csv", "payment_id,event_time,known_at,fraud,card_id\n3,3000,2500,0,c\n3,3000,2501,1,c\n4,500,2600,1,c\n");
        PaymentTable Read(long until) => PaymentTable.Read([payments], [labels], columns, EventOrder.EventTime, keepsFrauds: true, labelsUntilMs: until);
        // In the order of their event times: 4, 1, 2, 3.
        Assert.Equal([true, true, true, true], Enumerable.Range(0, 4).Select(i => FraudOf(Read(long.MaxValue), i)));
        var table = Read(2500);
        Assert.Equal([false, true, null, false], Enumerable.Range(0, 4).Select(i => FraudOf(table, i)));
        Assert.Equal(["4", "1", "3"], Labels(table).Select(label => label.PaymentId));
        Assert.Equal(["3 labels became known later, and do not count", "1 of 7 rows do not say whether the payment was fraud: no label is made of them"], table.Notices);
        // Nobody knows when it was known.
        var without = Write("without.yaml", ofContract);
        Assert.Contains("add label_delay", Assert.Throws<InvalidInputFileException>(() => PaymentTable.Read([payments], [], without, EventOrder.EventTime, labelsUntilMs: 2500)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Rows_of_one_payment_id_keep_their_own_labels_and_a_notice_counts_them()
    {
        var payments = Write("t.csv", "Time,Amount,Class\n1,10,0\n1,20,1\n1,30,0\n5,40,1\n5,50,0\n");
        var columns = Write(
            "columns.yaml",
            "version: 1\ncolumns: {payment_id: Time, event_time: {column: Time, format: unix_s}, amount: Amount, currency: {default: EUR}, customer_id: {default: all}}\nlabel: Class\n");
        var table = PaymentTable.Read([payments], [], columns, EventOrder.EventTime, keepsFrauds: true);
        Assert.Equal([false, true, false, true, false], Enumerable.Range(0, 5).Select(i => FraudOf(table, i)));
        var notice = Assert.Single(table.Notices);
        Assert.StartsWith($"{payments}:3: 3 of 5 payment ids stand more than once", notice, StringComparison.Ordinal);
        Assert.True(table.IsRepeated("5"u8));
        Assert.False(table.IsRepeated("7"u8));
    }

    [Fact]
    public void A_label_of_a_table_of_labels_is_that_of_the_row_with_its_event_time_and_of_two_the_later_known_holds()
    {
        var payments = Write("p.csv", "payment_id,event_time,amount_minor,currency,card_id\n1,1000,1,EUR,c\n1,2000,1,EUR,c\n2,3000,1,EUR,c\n3,4000,1,EUR,c\n");
        var labels = Write("l.csv", "payment_id,event_time,known_at,fraud,card_id\n1,2000,9000,1,c\n1,1000,9000,0,c\n2,3000,9000,1,c\n2,3000,8000,0,c\n3,4000,7000,true,c\n3,4000,7000,0,c\n");
        var table = PaymentTable.Read([payments], [labels], null, EventOrder.EventTime, keepsFrauds: true);
        Assert.Equal([false, true, true, true], Enumerable.Range(0, 4).Select(i => FraudOf(table, i)));
    }

    [Theory]
    [InlineData("attributes.zip == \"01234\"", null, "01234|1E5|NaN|x")]
    [InlineData("attributes.zip > 5", null, "1234|100000||x")]
    [InlineData("amount", null, "01234|1E5|NaN|x")]
    [InlineData("attributes.zip > 5", "text", "01234|1E5|NaN|x")]
    [InlineData("attributes.zip == \"01234\"", "number", "t.csv:5: attributes.zip is x; expected a number")]
    public void An_attribute_is_a_text_or_a_number_by_what_is_declared_else_by_what_the_features_ask_and_never_by_its_cells(string expression, string? declared, string expected)
    {
        var uses = FeatureFiles.Parse("f.yaml", $"version: 1\nfeatures:\n  - {{name: x, expression: '{expression}'}}\n").AttributeUses;
        var csv = Write("t.csv", "id,t,a,c,zip\n1,1000,1,c,01234\n2,2000,1,c,1E5\n3,3000,1,c,NaN\n4,4000,1,c,x\n");
        var columns = Write("columns.yaml", Columns.Replace("customer_id: c", "customer_id: c, attributes.zip: " + (declared is null ? "zip" : $"{{column: zip, type: {declared}}}"), StringComparison.Ordinal));
        if (expected.StartsWith("t.csv", StringComparison.Ordinal))
        {
            Assert.EndsWith(expected, Assert.Throws<InvalidInputFileException>(() => PaymentTable.Read([csv], [], columns, EventOrder.EventTime, attributeUses: uses)).Message, StringComparison.Ordinal);
            return;
        }

        var table = PaymentTable.Read([csv], [], columns, EventOrder.EventTime, attributeUses: uses);
        Assert.Equal(expected, string.Join('|', Payments(table).Select(payment => payment.Attributes?["zip"])));
        Assert.All(Payments(table).Take(2), payment => Assert.Equal(expected.StartsWith("1234", StringComparison.Ordinal), payment.Attributes!["zip"] is double));
        Assert.Equal(
            expected.StartsWith("1234", StringComparison.Ordinal)
                ? [$"{csv}:5: attributes.zip is a number to the features and this cell is none (1 such cells in all); they stay texts, which count as missing"] : [],
            table.Notices);
    }

    [Fact]
    public void An_attribute_that_is_a_number_to_one_feature_and_a_text_to_another_has_to_be_declared()
    {
        var uses = FeatureFiles.Parse("f.yaml", "version: 1\nfeatures:\n  - {name: x, expression: attributes.zip > 5}\n  - {name: y, expression: 'attributes.zip == \"a\"'}\n").AttributeUses;
        var csv = Write("t.csv", "payment_id,event_time,amount_minor,currency,card_id,attributes.zip\np,1000,1,EUR,c,7\n");
        var error = Assert.Throws<InvalidInputFileException>(() => PaymentTable.Read([csv], [], null, EventOrder.EventTime, attributeUses: uses));
        Assert.StartsWith($"{csv}: attributes.zip is a number to some features and a text to others; say which it is in a columns file", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_a_parquet_file_itself_types_as_a_number_is_one_unless_it_is_asked_for_as_a_text()
    {
        var path = Path.Combine(_folder, "t.parquet");
        using (var writer = TableWriter.Create(path, [("payment_id", true), ("event_time", true), ("amount_minor", false), ("currency", true), ("card_id", true), ("attributes.n", false), ("attributes.s", true)]))
        {
            writer.Text("p"u8);
            writer.Text("2026-01-01"u8);
            writer.Number(1);
            writer.Text("EUR"u8);
            writer.Text("c"u8);
            writer.Number(7);
            writer.Text("7"u8);
            writer.EndRow();
            writer.Complete();
        }

        Assert.Equal((7.0, "7"), AttributesOf(PaymentTable.Read([path], [], null, EventOrder.EventTime)));
        var uses = FeatureFiles.Parse("f.yaml", "version: 1\nfeatures:\n  - {name: x, expression: 'attributes.n == \"7\"'}\n  - {name: y, expression: attributes.s}\n").AttributeUses;
        Assert.Equal(("7", 7.0), AttributesOf(PaymentTable.Read([path], [], null, EventOrder.EventTime, attributeUses: uses)));

        static (object, object) AttributesOf(PaymentTable table) => (Payments(table).Single().Attributes!["n"], Payments(table).Single().Attributes!["s"]);
    }

    [Fact]
    public void A_type_goes_with_an_attribute_only()
    {
        var columns = Columns.Replace("customer_id: c", "customer_id: {column: c, type: text}", StringComparison.Ordinal);
        Assert.Contains("type", Assert.Throws<InvalidInputFileException>(() => ColumnsFile.Parse("columns.yaml", columns)).Message, StringComparison.Ordinal);
        Assert.Contains("allowed", Assert.Throws<InvalidInputFileException>(() => ColumnsFile.Parse(
            "columns.yaml", Columns.Replace("customer_id: c", "customer_id: c, attributes.x: {column: x, type: flag}", StringComparison.Ordinal))).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("iso8601", true)]
    [InlineData("unix_ms", true)]
    [InlineData("unix_s", false)]
    public void Times_that_look_like_seconds_and_are_taken_for_milliseconds_are_said(string format, bool isSaid)
    {
        var columns = Write("columns.yaml", Columns.Replace("event_time: t", $"event_time: {{column: t, format: {format}}}", StringComparison.Ordinal));
        var payments = Write("t.csv", "id,t,a,c\np,1000,1,c\nq,1700000000,1,c\nr,1700000001,1,c\n");
        var table = PaymentTable.Read([payments], [], columns, EventOrder.EventTime);
        var notice = table.Notices.SingleOrDefault(notice => notice.Contains("epoch seconds", StringComparison.Ordinal));
        Assert.Equal(isSaid, notice is not null);
        Assert.True(!isSaid || (notice!.StartsWith($"{payments}:3: ", StringComparison.Ordinal) && notice.Contains("in 2 rows", StringComparison.Ordinal)), notice);
    }

    private const string Columns = "version: 1\ncolumns: {payment_id: id, event_time: t, amount: a, currency: {default: EUR}, customer_id: c}\n";

    private static List<Payment> Payments(PaymentTable table) => [.. table.InOrder().Where(record => !record.IsLabel).Select(record => PaymentMessagePack.ReadPayment(record.Value))];

    private static List<Label> Labels(PaymentTable table) => [.. table.InOrder().Where(record => record.IsLabel).Select(record => PaymentMessagePack.ReadLabel(record.Value))];

    private static bool? FraudOf(PaymentTable table, int index) =>
        Payments(table)[index] is var payment ? table.IsFraud(index, Encoding.UTF8.GetBytes(payment.PaymentId), payment.EventTimeMs) : null;

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
