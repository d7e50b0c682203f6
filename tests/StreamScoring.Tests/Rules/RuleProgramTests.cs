using CsCheck;
using StreamScoring.Batches;
using StreamScoring.Contracts;
using StreamScoring.Expressions;
using StreamScoring.Features;
using StreamScoring.Ingest;
using StreamScoring.Lists;
using StreamScoring.Rules;

namespace StreamScoring.Tests.Rules;

public sealed class RuleProgramTests
{
    private static readonly string[] ListedWords = ["DE", "pos"];

    private static readonly BatchLayout Layout = new(new HashSet<TextField>(), ["basket"], 1);

    private static readonly RuleWorld World = new(new FeatureSchema(["spent"], [false], ["spent"]), ["basket"])
    {
        ListNames = ["words"],
        Lists = new Dictionary<string, EntryList>
        {
            ["words"] = EntryList.Of("words", "", ListUse.Text, ListedWords.Select(word => new ListEntry(word, ListEntry.Forever, null))),
        },
    };

    private static readonly Gen<Dictionary<string, object>> Payments = Gen.Select(
        Gen.Int[0, 8].Select(amount => (object)(double)amount), Maybe(Gen.Int[-2, 8]), Maybe(Gen.Int[0, 8]), Maybe(Gen.Int[0, 8]),
        Gen.OneOf(Gen.Const((string?)null), OneOf.Values(ExpressionGenerator.Words).Select(word => (string?)word)).Array[ExpressionGenerator.Texts.Length],
        (amount, spent, score, basket, texts) => Named(amount, spent, score, basket, texts));

    [Fact]
    public void Compiled_rules_say_what_a_naive_interpreter_says()
    {
        var draws = Gen.Select(ExpressionGenerator.Conditions(3).List[1, 6], Payments.List[1, 150]);
        draws.Sample(draw =>
        {
            var (conditions, payments) = draw;
            var program = new RuleProgram([.. conditions.Select((condition, i) => RuleOf(condition, i))], World);
            var batch = BatchOf(payments);
            batch.MakeRoom(0, 0, conditions.Count);
            program.Ask(batch);
            var words = new HashSet<string>(ListedWords);
            for (var rule = 0; rule < conditions.Count; rule++)
            {
                var expected = payments.Select(payment => new NaiveInterpreter(payment, words).Truth(conditions[rule])).ToList();
                Assert.Equal(expected.Select(truth => truth == true), payments.Select((_, row) => Fired(batch, row, rule)));
                Assert.Equal(expected.Count(truth => truth is null), program.MissingCount[rule]);
            }
        }, iter: 2000, print: draw => string.Join('\n', draw.Item1.Select(SyntaxPrinter.Print)) + "\n" + string.Join('\n', draw.Item2.Select(payment => string.Join(", ", payment))));
    }

    [Fact]
    public void A_printed_condition_parses_to_itself()
    {
        ExpressionGenerator.Conditions(4).Sample(condition =>
        {
            var text = SyntaxPrinter.Print(condition);
            Assert.Equal(text, SyntaxPrinter.Print(ExpressionParser.Parse(text)));
        }, iter: 5000, print: SyntaxPrinter.Print);
    }

    [Theory]
    [InlineData("a or b and not c == 1", "a or (b and (not (c == 1)))")]
    [InlineData("a not in (1, 2) and b is not missing", "(not (a in (1, 2))) and (not (b is missing))")]
    [InlineData("a between 1 and 2 + 3 and b", "(a between 1 and (2 + 3)) and b")]
    [InlineData("a < 200 EUR or b not like 'x*'", "(a < 200 EUR) or (not (b like \"x*\"))")]
    [InlineData("a in @b-1 or shadow(\"x\") > .5", "(a in @b-1) or (shadow(\"x\") > 0.5)")]
    [InlineData("betweenness == inn and isnt", "(betweenness == inn) and isnt")]
    public void What_is_written_groups_as_the_page_says(string text, string grouped) => Assert.Equal(grouped, SyntaxPrinter.Print(ExpressionParser.Parse(text)));

    [Fact]
    public void Of_the_rules_that_fired_the_first_of_the_highest_action_decides()
    {
        var program = new RuleProgram(
            [.. new[] { RuleAction.Review, RuleAction.Block, RuleAction.Block, RuleAction.Allow, RuleAction.MustBlock, RuleAction.Challenge }.Select((action, i) => RuleOf(
                new BinarySyntax(0, ">=", new NameSyntax(0, "amount"), new NumberSyntax(0, i)), i) with { Action = action, IsShadow = i == 4 })], World);
        var batch = BatchOf([.. Enumerable.Range(0, 6).Select(amount => Named((double)amount, null, null, null, new string?[4]))]);
        batch.MakeRoom(0, 0, 6);
        program.Ask(batch);

        Assert.Equal([0, 1, 1, 3, 3, 3], batch.Rules.Deciding.Take(6).Select(rule => (int)rule));
        Assert.Equal([1, 3, 7, 15, 31, 63], Enumerable.Range(0, 6).Select(row => (int)batch.Rules.Fired(row)[0]));
    }

    [Fact]
    public void A_rule_ends_by_the_log_timestamp_of_the_payment()
    {
        var always = RuleOf(new NameSyntax(0, "true"), 0);
        var program = new RuleProgram([always with { UntilMs = TestBatch.LogTimestampMs }, always with { Name = "later", UntilMs = TestBatch.LogTimestampMs + 1 }], World);
        var batch = BatchOf([Named(1.0, null, null, null, new string?[4])]);
        batch.MakeRoom(0, 0, 2);
        program.Ask(batch);

        Assert.Equal((false, true), (Fired(batch, 0, 0), Fired(batch, 0, 1)));
    }

    [Fact]
    public void A_batch_of_which_nothing_is_decided_is_not_asked()
    {
        var program = new RuleProgram([RuleOf(new BinarySyntax(0, ">", new NameSyntax(0, "spent"), new NumberSyntax(0, 1)), 0)], World);
        var batch = BatchOf([Named(1.0, null, null, null, new string?[4])]);
        batch.MakeRoom(0, 0, 1);
        program.Ask(batch);
        Assert.Equal(1, program.MissingCount[0]);
        batch.DecideCount = 0;
        program.Ask(batch);
        Assert.Equal(0, program.MissingCount[0]);
    }

    internal static Rule RuleOf(Syntax condition, int number) => new($"r{number}", RuleAction.Block, IsShadow: false, long.MaxValue, Line: 1) { Syntax = condition };

    private static bool Fired(PaymentBatch batch, int row, int rule) => (batch.Rules.Fired(row)[rule / 64] >> (rule % 64) & 1) != 0;

    private static Gen<object?> Maybe(Gen<int> values) => Gen.Frequency((1, Gen.Const((object?)null)), (4, values.Select(value => (object?)(double)value)));

    private static Dictionary<string, object> Named(object amount, object? spent, object? score, object? basket, string?[] texts)
    {
        var values = new Dictionary<string, object> { ["amount"] = amount };
        foreach (var (name, value) in new[] { ("spent", spent), ("score", score), ("attributes.basket", basket) }.Concat(ExpressionGenerator.Texts.Zip(texts, (name, text) => (name, (object?)text))))
        {
            if (value is not null)
            {
                values[name] = value;
            }
        }

        return values;
    }

    private static PaymentBatch BatchOf(List<Dictionary<string, object>> payments)
    {
        var batch = new PaymentBatch(Layout, payments.Count, 64);
        for (var row = 0; row < payments.Count; row++)
        {
            var values = payments[row];
            batch.Append(TestBatch.Payments, row, TestBatch.LogTimestampMs, decide: true, SamplePayment.Encode(SamplePayment.Full with
            {
                AmountMinor = (long)(double)values["amount"] * 100,
                Channel = (string?)values.GetValueOrDefault("channel"),
                MerchantId = (string?)values.GetValueOrDefault("merchant_id"),
                TerminalId = (string?)values.GetValueOrDefault("terminal_id"),
                DeviceId = (string?)values.GetValueOrDefault("device_id"),
                Attributes = values.TryGetValue("attributes.basket", out var basket) ? new Dictionary<string, object> { ["basket"] = basket } : null,
            }), int.MaxValue);
        }

        new RecordDecoder(Layout, new IngestLimits(), TestBatch.Logs).Decode(batch);
        Assert.Equal(payments.Count, batch.DecideCount);
        for (var row = 0; row < payments.Count; row++)
        {
            batch.Features.Column(0)[row] = payments[row].GetValueOrDefault("spent") as double? ?? double.NaN;
            (batch.Probability[row], batch.Score[row]) = payments[row].GetValueOrDefault("score") is double score ? (score / 100, (byte)score) : (double.NaN, (byte)0);
        }

        return batch;
    }
}
