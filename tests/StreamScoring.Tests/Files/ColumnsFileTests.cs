using StreamScoring.Configuration;
using StreamScoring.Contracts;
using StreamScoring.Files;

namespace StreamScoring.Tests.Files;

public sealed class ColumnsFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("columns").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Every_mistake_of_a_file_is_told_in_one_run_with_its_line()
    {
        var error = Assert.Throws<InvalidInputFileException>(() => ColumnsFile.Parse("c.yaml", """
            version: 2
            table: {quote: "''", decimal: ";"}
            columns:
              event_time: {column: t, format: isoo8601, zone: Atlantis}
              amount: {column: a, unit: majr, refund: maybe}
              currncy: c
              card_id: {column: n, token: md5, key: secret}
              customer_id: {}
              attributes.x: {column: x, type: flag, colour: red}
            label: {column: y, genuine: [ok]}
            label_delay: soon
            labels: z
            """));
        string[] expected =
        [
            "c.yaml:1:1: version is 2", "c.yaml:2:9: table.quote is ''", "c.yaml:2:22: table.decimal is ;", "c.yaml:4:45: columns.event_time.zone is Atlantis", "c.yaml:4:27: columns.event_time.format is isoo8601", "c.yaml:5:23: columns.amount.unit is majr",
            "c.yaml:5:35: columns.amount.refund is maybe", "c.yaml:6:3: columns.currncy is no payment field; did you mean currency?", "c.yaml:7:24: columns.card_id.token is md5", "c.yaml:8:3: columns.customer_id needs a column or a default",
            "c.yaml:9:29: columns.attributes.x.type is flag", "c.yaml:9:41: unknown key columns.attributes.x.colour",
            "c.yaml:3:1: columns does not say where payment_id comes from; give a column, or {row_number: true}", "c.yaml:3:1: columns does not say where currency comes from; give a column, or {value: VALUE}",
            "c.yaml:10:20: label.genuine needs fraud beside it", "c.yaml:11:1: label_delay is soon", "c.yaml:12:1: unknown key labels; did you mean label?",
        ];
        Assert.All(expected, line => Assert.Contains(error.Lines, told => told.StartsWith(line, StringComparison.Ordinal)));
        Assert.Equal(expected.Length, error.Lines.Count);
    }

    [Theory]
    [InlineData("card_id: {column: n, token: hmac-sha256, key: abcdefghijklmnop}", "is a secret and must not stand in the file; write ${NAME}")]
    [InlineData("card_id: {column: n, token: hmac-sha256}", "needs a key: key: ${CARD_KEY}")]
    [InlineData("card_id: {column: n, key: \"${COLUMNS_TEST_KEY}\"}", "goes with token")]
    [InlineData("card_id: {column: n, token: hmac-sha256, key: \"${COLUMNS_TEST_NO_KEY}\"}", "the environment variable COLUMNS_TEST_NO_KEY is not set")]
    [InlineData("card_id: {column: n, token: hmac-sha256, key: \"${COLUMNS_TEST_SHORT}\"}", "is a secret of 5 bytes; give 16 or more")]
    [InlineData("mcc: {column: n, prefix: m}", "goes with ids and attributes")]
    [InlineData("card_id: {column: n, value: x}", "is a constant and goes without column")]
    [InlineData("card_id: {column: n, position: 3}", "has a column twice")]
    [InlineData("card_id: {column: n, unit: major}", "unknown key")]
    [InlineData("card_id: {column: n, upper: true, lower: true}", "is given beside upper")]
    public void A_mapping_that_cannot_be_meant_is_refused(string mapping, string problem)
    {
        Environment.SetEnvironmentVariable("COLUMNS_TEST_KEY", "0123456789abcdef");
        Environment.SetEnvironmentVariable("COLUMNS_TEST_SHORT", "short");
        var text = $"version: 1\ncolumns:\n  payment_id: id\n  event_time: t\n  amount: a\n  currency: c\n  {mapping}\n{(mapping.StartsWith("card_id", StringComparison.Ordinal) ? "" : "  card_id: n\n")}";
        var error = Assert.Throws<InvalidInputFileException>(() => ColumnsFile.Parse("c.yaml", text));
        Assert.Contains("c.yaml:7:", error.Message, StringComparison.Ordinal);
        Assert.Contains(problem, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("abcdefghijklmnop", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("event_time: {column: t, format: unix_s, zone: Europe/Berlin}", "counts from 1970 in UTC")]
    [InlineData("event_time: {column: t, seconds_since: 2020-01-01, format: unix_s}", "stands beside")]
    [InlineData("event_time: {column: t, days_since: yesterday}", "expected the time that 0 stands for")]
    [InlineData("event_time: {column: t, format: unix}", "allowed: iso8601, unix_s")]
    public void A_time_is_read_one_way(string mapping, string problem) =>
        Assert.Contains(problem, Assert.Throws<InvalidInputFileException>(() => ColumnsFile.Parse("c.yaml", $"version: 1\ncolumns:\n  payment_id: id\n  {mapping}\n  amount: a\n  currency: c\n  card_id: n\n")).Message, StringComparison.Ordinal);

    [Fact]
    public void Every_wrong_cell_of_a_table_is_told_in_one_run()
    {
        var table = Write("t.csv", "id,t,a,c,y\np,noon,x,EUR,1\nq,2024-01-01,1.005,Dollar,1\nr,2024-01-01,-1,EUR,perhaps\n,2024-01-01,1,EUR,0\ns,2024-01-01,1,EUR,0\n");
        var error = Assert.Throws<InvalidInputFileException>(() => Payments(table, "payment_id: id, event_time: t, amount: {column: a, unit: major}, currency: c, card_id: {value: k}", "label: y\n"));
        Assert.Equal(7, error.Lines.Count);
        Assert.Equal("4 of 5 rows are wrong", error.Lines[^1]);
        Assert.StartsWith($"{table}:2: event_time (column t) is noon; expected a time in ISO 8601", error.Lines[0], StringComparison.Ordinal);
        Assert.StartsWith($"{table}:2: amount (column a) is x; expected a whole number of EUR minor units that is not negative, written in major units; with a decimal comma, say so: decimal: \",\"", error.Lines[1], StringComparison.Ordinal);
        Assert.StartsWith($"{table}:3: currency (column c) is Dollar, which is not an ISO 4217 code; say what it stands for: words: {{Dollar: EUR}}", error.Lines[2], StringComparison.Ordinal);
        Assert.Contains(error.Lines, line => line.StartsWith($"{table}:4: amount (column a) is -1; ", StringComparison.Ordinal) && line.EndsWith("refund: skip, or absolute", StringComparison.Ordinal));
        Assert.Contains(error.Lines, line => line.StartsWith($"{table}:4: y is perhaps; expected 0 or 1, true or false, yes or no", StringComparison.Ordinal));
        Assert.Contains($"{table}:5: payment_id (column id) is empty", error.Lines);
    }

    [Fact]
    public void Of_many_wrong_rows_the_first_are_shown_and_all_are_counted()
    {
        var table = Write("t.csv", "id,t,a,c\n" + string.Concat(Enumerable.Range(0, 100).Select(i => $"p{i},noon,1,EUR\n")) + "q,2024-01-01,1,EUR\n");
        var error = Assert.Throws<InvalidInputFileException>(() => Payments(table, "payment_id: id, event_time: t, amount: a, currency: c, card_id: {value: k}"));
        Assert.Equal([$"{table}:2", $"{table}:3", $"{table}:4"], error.Lines.Take(3).Select(line => line[..line.IndexOf(": ", StringComparison.Ordinal)]));
        Assert.Equal([$"{table}: event_time is wrong in this way in 100 rows", "100 of 101 rows are wrong"], error.Lines.Skip(3));
    }

    [Fact]
    public void All_columns_that_are_not_there_are_told_in_one_run()
    {
        var table = Write("t.csv", "identity,time,a\np,2024-01-01,1\n");
        var error = Assert.Throws<InvalidInputFileException>(() => Payments(table, "payment_id: identiy, event_time: [dat, time], amount: a, currency: {value: EUR}, card_id: {position: 9, default: x}", "label: fraud\n"));
        Assert.Equal(4, error.Lines.Count);
        Assert.Contains($"{table}: there is no column identiy; did you mean identity?", error.Lines);
        Assert.Contains(error.Lines, line => line.StartsWith($"{table}: there is no column at position 9, as it has 3", StringComparison.Ordinal));
    }

    [Fact]
    public void Another_delimiter_another_quote_and_a_decimal_comma_are_of_the_table()
    {
        var table = Write("t.csv", "id;t;a;x\n'p;1';2024-01-01;'1.234,50';1,5\n");
        var payment = Assert.Single(Payments(table, "payment_id: id, event_time: t, amount: {column: a, unit: major}, currency: {value: eur}, card_id: {value: k}, attributes.x: {column: x, type: number}", table: "{delimiter: \";\", quote: \"'\", decimal: \",\"}"));
        Assert.Equal(("p;1", 123_450L, "EUR", 1.5), (payment.PaymentId, payment.AmountMinor, payment.Currency, (double)payment.Attributes!["x"]));
    }

    [Fact]
    public void Columns_of_one_name_are_told_apart_as_pandas_does_and_by_their_position()
    {
        var table = Write("t.csv", ",Account,Account,Account.1,\n9,a,b,c,8\n");
        using (var reader = TableReader.Open(table))
        {
            Assert.Equal(["Unnamed: 0", "Account", "Account.2", "Account.1", "Unnamed: 4"], reader.Columns);
            Assert.Contains("more than once", Assert.Throws<InvalidInputFileException>(() => reader.Require("Account")).Message, StringComparison.Ordinal);
        }

        const string Rest = "event_time: {value: 2024-01-01}, amount: {value: 1}, currency: {value: EUR}";
        var payment = Assert.Single(Payments(table, $"payment_id: {{row_number: true}}, customer_id: Account, merchant_id: Account.2, device_id: {{position: 3}}, {Rest}"));
        Assert.Equal(("1", "a", "b", "b"), (payment.PaymentId, payment.CustomerId, payment.MerchantId, payment.DeviceId));
        Assert.Contains(Table(table, $"payment_id: {{row_number: true}}, customer_id: Account, {Rest}").Notices, notice => notice.Contains("the column Account is there more than once", StringComparison.Ordinal));
    }

    [Fact]
    public void Row_numbers_go_on_from_table_to_table()
    {
        var (first, second) = (Write("1.csv", "c\na\nb\n"), Write("2.csv", "c\nd\n"));
        var columns = Write("c.yaml", "version: 1\ncolumns: {payment_id: {row_number: true, prefix: r}, event_time: {value: 2024-01-01}, amount: {value: 1}, currency: {value: EUR}, card_id: c}\n");
        Assert.Equal(["r1", "r2", "r3"], Read(PaymentTable.Read([first, second], [], columns, EventOrder.File)).Select(payment => payment.PaymentId));
    }

    [Fact]
    public void All_columns_that_are_left_become_attributes_with_names_that_expressions_take()
    {
        var table = Write("t.csv", "id,t,a,Use Chip,Errors?,2nd,name,x.y,x y\np,2024-01-01,1,Swipe,Bad PIN,3,Ann,1,2\n");
        var payment = Assert.Single(Payments(table, "payment_id: id, event_time: t, amount: a, currency: {value: EUR}, card_id: {value: k}, attributes: \"*\"", "ignore: [name]\n"));
        Assert.Equal(["2=_2nd", "Bad PIN", "Swipe"], payment.Attributes!.Where(one => one.Key is "Use_Chip" or "Errors_").Select(one => (string)one.Value).Append("2=_2nd").Order(StringComparer.Ordinal));
        Assert.Equal(["Errors_", "Use_Chip", "_2nd", "x_y", "x_y_2"], payment.Attributes!.Keys.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Rows_that_are_no_payments_are_left_out_and_counted()
    {
        var table = Write("t.csv", "id,t,a,op\np,2024-01-01,5,c\nq,noon,5,d\nr,2024-01-01,-5,c\ns,2024-01-01,6,u\n");
        var read = Table(table, "payment_id: id, event_time: t, amount: {column: a, refund: skip}, currency: {value: EUR}, card_id: {value: k}", "skip: {op: [d, x]}\n");
        Assert.Equal(["p", "s"], Read(read).Select(payment => payment.PaymentId));
        Assert.Equal([$"{table}: 1 rows are left out by their op (skip)", $"{table}: 1 rows are left out because their amount is below 0 (refund: skip)"], read.Notices);
    }

    [Theory]
    [InlineData("t.jsonl")]
    [InlineData("t.ndjson")]
    public void JSON_lines_are_a_table_whose_columns_are_paths(string name)
    {
        var table = Write(name, "{\"id\":17,\"t\":\"2024-01-01T00:00:00Z\",\"a\":1099.0,\"card\":{\"fp\":\"0012.0\",\"ok\":true}}\n\n{\"id\":18.0,\"t\":\"2024-01-02\",\"a\":5,\"card\":{\"fp\":\"x\"},\"late\":1.5}\n");
        var payments = Payments(table, "payment_id: id, event_time: t, amount: a, currency: {value: EUR}, card_id: card.fp, attributes: {ok: card.ok, late: late}");
        Assert.Equal([("17", 1099L, "0012.0", 1.0), ("18", 5L, "x", null)], payments.Select(payment => (payment.PaymentId, payment.AmountMinor, payment.CardId, (double?)payment.Attributes?.GetValueOrDefault("ok"))));
        Assert.Equal(1.5, payments[1].Attributes!["late"]);
        var wrong = Write("w.jsonl", "{\"id\":1}\n[]\n");
        Assert.Contains("w.jsonl:2: expected one JSON object a line", Assert.Throws<InvalidInputFileException>(() => TableReader.Open(wrong)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_token_takes_the_place_of_a_card_number_in_the_payment_and_in_its_label()
    {
        Environment.SetEnvironmentVariable("COLUMNS_TEST_KEY", "0123456789abcdef");
        var table = Write("t.csv", "id,t,a,n,y\np,2024-01-01,1,4111111111111111,1\nq,2024-01-01,1,4111-1111-1111-1111,0\n");
        var read = Table(table, "payment_id: id, event_time: t, amount: a, currency: {value: EUR}, card_id: {column: n, token: hmac-sha256, key: \"${COLUMNS_TEST_KEY}\"}", "label: y\nlabel_delay: 1d\n");
        var tokens = read.InOrder().Select(record => record.IsLabel ? PaymentMessagePack.ReadLabel(record.Value).CardId : PaymentMessagePack.ReadPayment(record.Value).CardId).Distinct().ToList();
        Assert.Equal(64, Assert.Single(tokens)!.Length);
        var row = ColumnsCheck.Of(ColumnsFile.Load(Path.Combine(_folder, "c.yaml")), table, 1, new Dictionary<string, Expressions.AttributeUse>())[0];
        Assert.DoesNotContain("4111", System.Text.Json.JsonSerializer.Serialize(row), StringComparison.Ordinal);
        Assert.Contains(row.Fields, field => field is { Field: "card_id", Source: "n", Written: null } && field.Value == tokens[0]);
    }

    private List<Payment> Payments(string path, string columns, string more = "", string? table = null) => Read(Table(path, columns, more, table));

    private PaymentTable Table(string path, string columns, string more = "", string? table = null) =>
        PaymentTable.Read([path], [], Write("c.yaml", $"version: 1\n{(table is null ? "" : $"table: {table}\n")}columns: {{{columns}}}\n{more}"), EventOrder.File);

    private static List<Payment> Read(PaymentTable table) => [.. table.InOrder().Where(record => !record.IsLabel).Select(record => PaymentMessagePack.ReadPayment(record.Value))];

    private string Write(string name, string text)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllText(path, text);
        return path;
    }
}
