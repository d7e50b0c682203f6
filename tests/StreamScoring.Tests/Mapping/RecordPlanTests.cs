using System.Security.Cryptography;
using System.Text;
using StreamScoring.Contracts;
using StreamScoring.Mapping;

namespace StreamScoring.Tests.Mapping;

public sealed class RecordPlanTests
{
    [Theory]
    [InlineData("12345.0", "12345")]
    [InlineData("12345.000", "12345")]
    [InlineData("-5102432073947668258.0", "-5102432073947668258")]
    [InlineData("12345.5", "12345.5")]
    [InlineData("1.0.0", "1.0.0")]
    [InlineData("v1.0", "v1.0")]
    [InlineData(".0", ".0")]
    [InlineData("-.0", "-.0")]
    [InlineData("100", "100")]
    [InlineData("0.0", "0")]
    [InlineData("1700000000000.0", "1700000000000")]
    // Card numbers, exact and as a spreadsheet rounds them: the decoder is to see them as they are.
    [InlineData("4111111111111111.0", "4111111111111111.0")]
    [InlineData("4539578763621490.0", "4539578763621490.0")]
    public void A_whole_number_that_was_written_as_a_float_is_the_same_id(string cell, string id)
    {
        Assert.Equal(id, Text(new FieldPlan { Name = "customer_id", Kind = FieldKind.Text, Field = TextField.CustomerId, Sources = [0] }, SourceKind.Cell, cell));
        // What a source calls a text is one.
        Assert.Equal(cell, Text(new FieldPlan { Name = "customer_id", Kind = FieldKind.Text, Field = TextField.CustomerId, Sources = [0] }, SourceKind.Text, cell));
    }

    [Theory]
    [InlineData("4111111111111111")]
    [InlineData("4111 1111 1111 1111")]
    [InlineData("4111-1111-1111-1111")]
    [InlineData("4111111111111111.0")]
    public void A_card_number_becomes_the_same_token_however_it_is_grouped(string number)
    {
        var key = "0123456789abcdef"u8.ToArray();
        var token = Text(new FieldPlan { Name = "card_id", Kind = FieldKind.Text, Field = TextField.CardId, Sources = [0], Token = new CardToken(key), Prefix = "t-" }, SourceKind.Cell, number);
        Assert.Equal("t-" + Convert.ToHexStringLower(HMACSHA256.HashData(key, "4111111111111111"u8)), token);
        Assert.False(CardNumber.IsIn(token!));
        Assert.NotEqual(token, Text(new FieldPlan { Name = "card_id", Kind = FieldKind.Text, Field = TextField.CardId, Sources = [0], Token = new CardToken("fedcba9876543210"u8), Prefix = "t-" }, SourceKind.Cell, number));
    }

    [Fact]
    public void Joined_texts_keep_the_place_of_a_missing_part_and_joined_times_need_all()
    {
        var card = new FieldPlan { Name = "card_id", Kind = FieldKind.Text, Field = TextField.CardId, Sources = [0, 1, 2], Separator = "-" };
        Assert.Equal("a-b-c", Text(card, SourceKind.Cell, "a", "b", "c"));
        Assert.Equal("a--c", Text(card, SourceKind.Cell, "a", "", "c"));
        Assert.Equal("-b-7", Text(card, SourceKind.Cell, "", "b", "7.0"));
        Assert.Null(Text(card, SourceKind.Cell, "", "", ""));
        var time = new FieldPlan { Name = "event_time", Kind = FieldKind.EventTime, Sources = [0, 1], Separator = " ", Time = TimeReading.ByPattern("yyyy-MM-dd H:mm") };
        Assert.Equal(MapReason.None, Problem(time, "2024-01-01", "9:30"));
        Assert.Equal(MapReason.Missing, Problem(time, "2024-01-01", ""));
        Assert.Equal(MapReason.NoTime, Problem(time, "9:30", "2024-01-01"));
    }

    [Fact]
    public void Words_defaults_case_and_prefix_come_in_this_order()
    {
        var plan = new FieldPlan
        {
            Name = "channel",
            Kind = FieldKind.Text,
            Field = TextField.Channel,
            Sources = [0],
            Fallback = 1,
            Default = "Web",
            Prefix = "c-",
            Case = TextCase.Upper,
            Words = new WordTable([KeyValuePair.Create("P", "pos")]),
            Missing = new WordTable([KeyValuePair.Create("-", "")]),
        };
        Assert.Equal("c-POS", Text(plan, SourceKind.Cell, "P", "x"));
        Assert.Equal("c-Ä", Text(plan, SourceKind.Cell, "ä", "x"));
        Assert.Equal("c-X", Text(plan, SourceKind.Cell, "", "x"));
        Assert.Equal("c-WEB", Text(plan, SourceKind.Cell, "", ""));
        Assert.Equal("c-WEB", Text(plan, SourceKind.Cell, "-", ""));
    }

    [Theory]
    [InlineData("3.5", 3.5)]
    [InlineData("1E5", 100_000.0)]
    [InlineData("True", 1.0)]
    [InlineData("false", 0.0)]
    [InlineData("$1,234.50", 1234.5)]
    [InlineData("NaN", null)]
    [InlineData("n/a", null)]
    public void A_column_of_numbers_takes_what_people_write_for_numbers(string cell, double? number)
    {
        var record = Map(new FieldPlan { Name = "attributes.x", Kind = FieldKind.AttributeNumber, Sources = [0], IsStrict = true }, SourceKind.Cell, cell);
        Assert.Empty(record.Problems);
        Assert.Equal(number, record.TryNumber(0, out var read) ? read : null);
    }

    [Fact]
    public void What_is_no_number_is_a_problem_where_it_is_declared_and_else_stays_a_text()
    {
        var plan = new FieldPlan { Name = "attributes.x", Kind = FieldKind.AttributeNumber, Sources = [0], IsStrict = true };
        Assert.Equal(MapReason.NoNumber, Problem(plan, "x"));
        var record = Map(new FieldPlan { Name = "attributes.x", Kind = FieldKind.AttributeNumber, Sources = [0] }, SourceKind.Cell, "Infinity");
        Assert.Equal((1, "Infinity"), (record.OddNumberCount, Encoding.UTF8.GetString(record.AttributeText(0))));
    }

    [Theory]
    [InlineData("Yes", true)]
    [InlineData("no", false)]
    [InlineData("1.0", true)]
    [InlineData(" 0 ", false)]
    [InlineData("TRUE", true)]
    [InlineData("f", false)]
    [InlineData("", null)]
    public void A_label_is_one_of_the_usual_words_or_nobody_knows(string cell, bool? isFraud)
    {
        var record = Map(new FieldPlan { Name = "y", Kind = FieldKind.Fraud, Sources = [0] }, SourceKind.Cell, cell);
        Assert.Empty(record.Problems);
        Assert.Equal(isFraud, record.IsFraud);
    }

    [Fact]
    public void Words_for_a_label_replace_the_usual_ones()
    {
        WordTable Words(params string[] words) => new(words.Select(word => KeyValuePair.Create(word, word)));
        var open = new FieldPlan { Name = "y", Kind = FieldKind.Fraud, Sources = [0], FraudWords = Words("chargeback", "cb") };
        Assert.Equal([true, true, false, false], new[] { "cb", "chargeback", "won", "1" }.Select(word => Map(open, SourceKind.Cell, word).IsFraud));
        var closed = new FieldPlan { Name = "y", Kind = FieldKind.Fraud, Sources = [0], FraudWords = Words("cb"), GenuineWords = Words("ok") };
        Assert.Equal(MapReason.NoLabel, Problem(closed, "1"));
        Assert.False(Map(closed, SourceKind.Cell, "ok").IsFraud);
    }

    [Fact]
    public void A_record_that_fits_costs_no_allocation()
    {
        var plan = Plan(
            new FieldPlan { Name = "payment_id", Kind = FieldKind.Text, Field = TextField.PaymentId, Sources = [], IsRowNumber = true, Prefix = "p-" },
            new FieldPlan { Name = "event_time", Kind = FieldKind.EventTime, Sources = [0, 1], Separator = " ", Time = TimeReading.ByPattern("yyyy-MM-dd H:mm") },
            new FieldPlan { Name = "amount", Kind = FieldKind.Amount, Sources = [2], Amount = new AmountReading(IsMajor: true) },
            new FieldPlan { Name = "currency", Kind = FieldKind.Text, Field = TextField.Currency, Sources = [3], Words = new WordTable([KeyValuePair.Create("Euro", "EUR")]) },
            new FieldPlan { Name = "card_id", Kind = FieldKind.Text, Field = TextField.CardId, Sources = [4], Token = new CardToken("0123456789abcdef"u8) },
            new FieldPlan { Name = "mcc", Kind = FieldKind.Text, Field = TextField.Mcc, Sources = [5] },
            new FieldPlan { Name = "attributes.x", Kind = FieldKind.AttributeNumber, Sources = [6] },
            new FieldPlan { Name = "label", Kind = FieldKind.Fraud, Sources = [7] });
        var (values, record) = (new SourceValues(8), new MappedRecord(1));
        void Once()
        {
            values.Clear();
            var cells = (ReadOnlySpan<string>)["2024-01-01", "9:30", "$1,234.50", "Euro", "4111111111111111", "742", "3.5", "Yes"];
            for (var i = 0; i < cells.Length; i++)
            {
                values.Set(i, cells[i], SourceKind.Cell);
            }

            plan.Map(values, 17, record);
        }

        Once();
        Assert.Empty(record.Problems);
        Assert.Equal(("p-17", 123_450L, "EUR", "0742", true), (Encoding.UTF8.GetString(record.Text(TextField.PaymentId)), record.AmountMinor, Encoding.UTF8.GetString(record.Text(TextField.Currency)), Encoding.UTF8.GetString(record.Text(TextField.Mcc)), record.IsFraud));
        for (var i = 0; i < 200; i++)
        {
            Once();
        }

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
        {
            Once();
        }

        // The list of cells of the test itself.
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1000 * 8);
    }

    private static RecordPlan Plan(params FieldPlan[] fields) => new(fields, [.. Enumerable.Range(0, 8).Select(i => $"s{i}")], ["x"]);

    private static MappedRecord Map(FieldPlan field, SourceKind kind, params string[] cells)
    {
        var (values, record) = (new SourceValues(8), new MappedRecord(1));
        for (var i = 0; i < cells.Length; i++)
        {
            values.Set(i, cells[i], kind);
        }

        Plan(field).Map(values, 1, record);
        return record;
    }

    private static string? Text(FieldPlan field, SourceKind kind, params string[] cells)
    {
        var record = Map(field, kind, cells);
        Assert.Empty(record.Problems);
        return record.Text(field.Field).IsEmpty ? null : Encoding.UTF8.GetString(record.Text(field.Field));
    }

    private static MapReason Problem(FieldPlan field, params string[] cells) => Map(field, SourceKind.Cell, cells).Problems.Select(problem => problem.Reason).FirstOrDefault();
}
