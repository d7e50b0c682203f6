using StreamScoring.Configuration;
using StreamScoring.Rules;

namespace StreamScoring.Tests.Rules;

public sealed class RuleFileTests
{
    internal static readonly Lazy<RuleWorld> World = new(() =>
    {
        var features = FeatureFiles.Parse("features.yaml",
            """
            version: 1
            features:
              - {name: spent, entity: card_id, aggregate: sum, of: amount, window: 1h}
              - {name: merchant_risk_30d, entity: merchant_id, aggregate: risk, window: 30d}
              - {name: shop_kind, expression: mcc}
              - {name: basket, expression: attributes.basket}
            """);
        return new RuleWorld(features.Schema, features.Layout.AttributeNames);
    });

    [Fact]
    public void A_file_is_read_in_order_with_comments_examples_and_ends()
    {
        var file = RuleFiles.Parse("rules.txt",
            """
            # first
            must_block sanctioned  when ip_country in @sanctioned   # because

            allow trusted-1 when customer_id in @trusted and amount < 500 EUR until 2027-01-31
              example fires  @trusted = "c1", customer_id = "c1", amount = 20 EUR
              example silent @trusted = "c1", customer_id = "c1", amount = 20 USD
            shadow block risky when merchant_risk_30d > 0.2 and score >= 40 until 2027-01-31T12:00:00Z
            review hash when merchant_id == "a#b"
            """, World.Value);

        Assert.Equal(["must_block sanctioned False", "allow trusted-1 False", "block risky True", "review hash False"],
            file.Rules.Select(rule => $"{rule.ActionName} {rule.Name} {rule.IsShadow}"));
        Assert.Equal([2, 4, 7, 8], file.Rules.Select(rule => rule.Line));
        Assert.Equal([0, 2, 0, 0], file.Rules.Select(rule => rule.Examples));
        Assert.Equal([long.MaxValue, 1_801_440_000_000, 1_801_396_800_000, long.MaxValue], file.Rules.Select(rule => rule.UntilMs));
        Assert.Equal(["sanctioned", "trusted"], file.Uses.Lists.Keys);
        Assert.Equal(["merchant_risk_30d"], file.Uses.Features);
    }

    [Fact]
    public void A_rule_may_look_at_an_attribute_that_no_feature_uses()
    {
        var file = RuleFiles.Parse("rules.txt", "block a when attributes.agent == \"bot\" and attributes.basket > 3", World.Value);

        Assert.Equal(["basket", "agent"], file.Uses.Attributes);
    }

    [Fact]
    public void All_mistakes_of_a_file_are_told_each_with_its_line_and_a_caret()
    {
        var error = Assert.Throws<InvalidInputFileException>(() => RuleFiles.Parse("rules.txt", "block a when amout > 3\n\nblok b when amount > 3\n\treview c when\tscor > 3", World.Value));

        Assert.Equal(
            "rules.txt:1:14: there is no name amout; did you mean amount?\n  block a when amout > 3\n               ^\n"
            + "rules.txt:3:1: there is no action blok; did you mean block?\n  blok b when amount > 3\n  ^\n"
            + "rules.txt:4:2: is indented, as examples are; a rule begins at the start of a line and is one line\n   review c when scor > 3\n   ^",
            error.Message);
    }

    [Theory]
    [InlineData("block", 6, "a rule is [shadow] ACTION NAME when CONDITION")]
    [InlineData("block a", 8, "expected when")]
    [InlineData("block a wen amount > 3", 9, "expected when")]
    [InlineData("block a when", 13, "the expression ends too early")]
    [InlineData("shadow", 1, "is no action")]
    [InlineData("shadow allowed a when amount > 3", 8, "did you mean allow?")]
    [InlineData("Block a when amount > 3", 1, "did you mean block?")]
    [InlineData("deny a when amount > 3", 1, "one of must_block, allow, block, challenge, review")]
    [InlineData("block 1a when amount > 3", 7, "is no name")]
    [InlineData("block a.b when amount > 3", 7, "is no name")]
    [InlineData("block a when amount > 3 until", 30, "expected one date behind until")]
    [InlineData("block a when amount > 3 until tomorrow", 31, "expected one date behind until")]
    [InlineData("block a when amount > 3 until 2027-13-01", 31, "expected one date behind until")]
    [InlineData("block a when amount > 3 until 2027-01-01 now", 31, "expected one date behind until")]
    [InlineData("block a when amount > 3 or", 25, "not understood from here: or")]
    [InlineData("block a when amount > 3 extra", 25, "not understood from here: extra")]
    [InlineData("block a when amount >", 21, "")]
    [InlineData("block a when amount", 14, "is a number; expected a condition")]
    [InlineData("block a when channel", 14, "is a text; expected a condition")]
    [InlineData("block a when amount > \"x\"", 14, "compares a number with a text")]
    [InlineData("block a when channel > \"x\"", 14, "texts are compared by == and != only")]
    [InlineData("block a when channel == 3", 14, "compares a text with a number")]
    [InlineData("block a when channel == \"\"", 25, "write is missing")]
    [InlineData("block a when chanel == \"x\"", 14, "did you mean channel?")]
    [InlineData("block a when merchant_risk_3d > 1", 14, "did you mean merchant_risk_30d?")]
    [InlineData("block a when hour(event_time, \"Europe/Berln\") < 6", 31, "did you mean Europe/Berlin?")]
    [InlineData("block a when hour(event_time, 1) < 6", 31, "is no zone")]
    [InlineData("block a when hour() < 6", 14, "hour takes")]
    [InlineData("block a when hour(event_time, \"UTC\", 1) < 6", 14, "hour takes")]
    [InlineData("block a when our(event_time) < 6", 14, "did you mean hour?")]
    [InlineData("block a when in_network(ip, \"10.0.0.0/33\")", 29, "is no network")]
    [InlineData("block a when in_network(ip, 10)", 29, "is no network")]
    [InlineData("block a when in_network(amount, \"10.0.0.0/8\")", 25, "is no text")]
    [InlineData("block a when amount > 200 EURO", 23, "did you mean EUR?")]
    [InlineData("block a when spent > 200 EUR", 14, "spent has no currency")]
    [InlineData("block a when score > 200 EUR", 14, "score has no currency")]
    [InlineData("block a when amount like \"3*\"", 14, "is no text; like is between texts")]
    [InlineData("block a when channel contains 3", 31, "is no text; contains is between texts")]
    [InlineData("block a when channel in ()", 14, "holds nothing")]
    [InlineData("block a when channel in @", 22, "")]
    [InlineData("block a when amount between 1", 21, "")]
    [InlineData("block a when amount between 1 or 2", 21, "")]
    [InlineData("block a when amount is gone", 21, "")]
    [InlineData("block a when not amount", 18, "is a number; expected a condition")]
    [InlineData("block a when amount > 1 and channel", 29, "is a text; expected a condition")]
    [InlineData("block a when (amount > 1", 25, "")]
    [InlineData("block a when amount > 1)", 24, "not understood from here: )")]
    [InlineData("block a when channel == \"x", 22, "not understood from here: == \"x")]
    [InlineData("block a when if(amount > 1, 2) > 1", 14, "if takes 3 arguments")]
    [InlineData("block a when if(amount, 2, 3) > 1", 17, "is a number; expected a condition")]
    [InlineData("block a when shadow(1) > 1", 21, "is no name")]
    [InlineData("block a when -channel > 1", 15, "is a text; expected a number")]
    public void A_wrong_rule_is_told_with_its_column(string rule, int column, string problem)
    {
        var error = Assert.Throws<InvalidInputFileException>(() => RuleFiles.Parse("rules.txt", $"allow first when amount > 1\n{rule}", World.Value));

        Assert.StartsWith($"rules.txt:2:{column}: ", error.Message, StringComparison.Ordinal);
        Assert.Contains(problem, error.Message, StringComparison.Ordinal);
        Assert.EndsWith("\n  " + new string(' ', column - 1) + "^", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("  example", 10, "expected example fires")]
    [InlineData("  example maybe amount = 1", 10, "expected example fires")]
    [InlineData("  example fires", 10, "")]
    [InlineData("  example fires amount", 23, "expected =")]
    [InlineData("  example fires amont = 1", 17, "did you mean amount?")]
    [InlineData("  example fires amount = \"1\"", 26, "amount is a number, and this is a text")]
    [InlineData("  example fires amount = 1, amount = 2", 29, "has a value already")]
    [InlineData("  example fires amount = 1", 11, "a does not fire for this example")]
    [InlineData("  example fires spent = 1", 11, "its condition is missing")]
    [InlineData("  example silent amount = 9 EUR", 11, "a fires for this example, and should be silent")]
    [InlineData("  example fires event_time = \"soon\"", 30, "is no time")]
    [InlineData("  example fires amount = amount", 26, "is no value")]
    [InlineData("  example fires amount = 9 EUR; spent = 1", 31, "expected ,")]
    [InlineData("  example fires amount = 9 EUR, currency = \"USD\"", 16, "gives the payment two currencies")]
    [InlineData("  note", 3, "is indented")]
    public void A_wrong_example_is_told_with_its_column(string example, int column, string problem)
    {
        var error = Assert.Throws<InvalidInputFileException>(() => RuleFiles.Parse("rules.txt", $"allow a when amount > 5\n{example}", World.Value));

        Assert.StartsWith($"rules.txt:2:{column}: ", error.Message, StringComparison.Ordinal);
        Assert.Contains(problem, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("amount != spent", "silent amount = 5")]
    [InlineData("not (amount > score)", "silent amount = 5")]
    [InlineData("(amount > score) is missing", "fires amount = 5")]
    [InlineData("not (attributes.a == attributes.b)", "silent amount = 5")]
    [InlineData("ip in @nets", "fires @nets = \"10.0.0.0/8\", ip = \"10.2.3.4\"")]
    [InlineData("in_network(ip, \"10.0.0.0/8\")", "fires ip = \"10.2.3.4\"")]
    [InlineData("mcc == 742", "fires mcc = \"0742\"")]
    [InlineData("attributes.n in @nums", "fires @nums = 7, attributes.n = 7.0")]
    [InlineData("attributes.n in @nums", "fires @nums = \"x\", attributes.n = \"x\"")]
    [InlineData("attributes.n not in @nums", "silent amount = 1")]
    public void An_example_gives_what_a_payment_gives(string condition, string example) =>
        Assert.Single(RuleFiles.Parse("rules.txt", $"block a when {condition}\n  example {example}", World.Value).Rules);

    [Theory]
    [InlineData("200 EUR > 5")]
    [InlineData("200 EUR == 200 USD")]
    [InlineData("max(amount, 5) > 200 EUR + 5")]
    [InlineData("amount * amount > 200 EUR")]
    [InlineData("amount > 200 EUR and hour(200 EUR) > 1")]
    public void Money_beside_what_is_none_is_refused(string condition) =>
        Assert.Throws<InvalidInputFileException>(() => RuleFiles.Parse("rules.txt", $"block a when {condition}", World.Value));

    [Theory]
    [InlineData("")]
    [InlineData("\n  \n")]
    public void An_empty_file_is_refused(string text) =>
        Assert.Contains("is empty", Assert.Throws<InvalidInputFileException>(() => RuleFiles.Parse("rules.txt", text, World.Value)).Message, StringComparison.Ordinal);

    [Fact]
    public void Too_many_attributes_are_refused()
    {
        var rules = string.Join('\n', Enumerable.Range(0, 300).Select(i => $"block r{i} when attributes.a{i} > 1"));

        Assert.Contains("at most 256", Assert.Throws<InvalidInputFileException>(() => RuleFiles.Parse("rules.txt", rules, World.Value)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Two_rules_of_one_name_are_refused()
    {
        var error = Assert.Throws<InvalidInputFileException>(() => RuleFiles.Parse("rules.txt", "allow a when amount > 1\nblock a when amount > 2", World.Value));

        Assert.StartsWith("rules.txt:2:7: line 1 has a rule of that name", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_list_that_is_not_there_is_told_with_the_nearest()
    {
        var error = Assert.Throws<InvalidInputFileException>(() => RuleFiles.Parse("rules.txt", "allow a when card_id in @trustd", World.Value with { ListNames = ["trusted"] }));

        Assert.StartsWith("rules.txt:1:25: there is no list trustd; did you mean trusted?", error.Message, StringComparison.Ordinal);
    }
}
