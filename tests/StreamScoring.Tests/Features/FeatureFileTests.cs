using StreamScoring.Configuration;
using StreamScoring.Expressions;

namespace StreamScoring.Tests.Features;

public sealed class FeatureFileTests
{
    [Theory]
    [InlineData("  - name: a\n    expression: amount + amunt", "f.yaml:4:26: ")]
    [InlineData("  - name: a\n    expression: 'amount + amunt'", "f.yaml:4:27: ")]
    [InlineData("  - name: a\n    expression: \"channel == \\\"x\\\" and amunt > 1\"", "f.yaml:4:39: ")]
    [InlineData("  - name: a\n    expression: >\n      amount +\n\n      amunt", "f.yaml:7:7: ")]
    [InlineData("  - name: a\n    expression: |-\n      amount\n        * amunt", "f.yaml:6:11: ")]
    [InlineData("  - name: a\n    expression: amount\n      + amunt", "f.yaml:5:9: ")]
    [InlineData("  - {name: a, expression: amount + amunt}", "f.yaml:3:36: ")]
    public void An_error_in_an_expression_names_the_line_and_column_of_the_word(string features, string place)
    {
        var error = Assert.Throws<InvalidInputFileException>(() => FeatureFiles.Parse("f.yaml", "version: 1\nfeatures:\n" + features + "\n"));
        Assert.StartsWith(place, error.Message, StringComparison.Ordinal);
        Assert.Contains("there is no name amunt; did you mean amount?", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("version: 1\n# a comment\nfeatures:\n  - {name: a, entity: card_id, aggregate: sum, of: amount, window: 1h, where: 'amount > 10 and channel == \"pos\"'}\n  - {name: b, expression: a / 2.5}\n")]
    [InlineData("features:\n  - window: 60m\n    aggregate: sum\n    of: 'amount'\n    name: a\n    entity: [card_id]\n    where: (amount>10)  and channel==\"pos\"\n  - name: b\n    expression: >\n      a\n      / 2.50\n")]
    [InlineData("lateness: 168h\nexact_events: 4096\nfeatures:\n  - {name: a, describe: spent, entity: card_id, aggregate: sum, of: amount, window: 3600s, delay: 0s, exclude_current: false, where: 'amount > 10.0 and channel == \"pos\"'}\n  - {name: b, expression: (a) / 2.5}\n")]
    public void Files_that_say_the_same_have_one_hash(string text) =>
        Assert.Equal(
            FeatureFiles.Parse("f.yaml", "version: 1\nfeatures:\n  - {name: a, entity: card_id, aggregate: sum, of: amount, window: 1h, where: 'amount > 10 and channel == \"pos\"'}\n  - {name: b, expression: a / 2.5}\n").Hash,
            FeatureFiles.Parse("g.yaml", text).Hash);

    [Theory]
    [InlineData("name: a, ", "name: c, ")]
    [InlineData("card_id", "customer_id")]
    [InlineData("card_id", "[card_id, merchant_id]")]
    [InlineData("sum", "mean")]
    [InlineData("of: amount", "of: attributes.x")]
    [InlineData("window: 1h", "window: 2h")]
    [InlineData("window: 1h", "window: last 3")]
    [InlineData("window: 1h", "window: ever")]
    [InlineData("delay: 1m", "delay: 2m")]
    [InlineData("amount > 10", "amount >= 10")]
    [InlineData("amount > 10", "amount > 10.5")]
    [InlineData("exclude_current: true", "exclude_current: false")]
    [InlineData("half_life: 1h", "half_life: 2h")]
    [InlineData("amount / 2", "amount / 2 / 2")]
    [InlineData("version: 1", "version: 1\nlateness: 1d")]
    [InlineData("version: 1", "version: 1\nexact_events: 16")]
    public void Files_that_say_something_else_have_another_hash(string from, string to)
    {
        const string text =
            "version: 1\nfeatures:\n  - {name: a, entity: card_id, aggregate: sum, of: amount, window: 1h, delay: 1m, where: amount > 10, exclude_current: true}\n"
            + "  - {name: b, expression: amount / 2}\n  - {name: d, entity: card_id, aggregate: decayed_count, half_life: 1h}\n";
        Assert.Contains(from, text, StringComparison.Ordinal);
        Assert.NotEqual(FeatureFiles.Parse("f.yaml", text).Hash, FeatureFiles.Parse("f.yaml", text.Replace(from, to, StringComparison.Ordinal)).Hash);
    }

    [Fact]
    public void The_order_of_features_is_part_of_what_a_file_says() =>
        Assert.NotEqual(
            FeatureFiles.Parse("f.yaml", "features:\n  - {name: a, expression: amount}\n  - {name: b, expression: amount}\n").Hash,
            FeatureFiles.Parse("f.yaml", "features:\n  - {name: b, expression: amount}\n  - {name: a, expression: amount}\n").Hash);

    [Fact]
    public void Distinct_amounts_of_the_base_currency_are_refused()
    {
        var error = Assert.Throws<InvalidInputFileException>(() => FeatureFiles.Parse(
            "f.yaml", "version: 1\nfeatures:\n  - {name: r, entity: card_id, aggregate: distinct, of: amount_base, window: 7d}\n"));
        Assert.Contains("amount_base, which changes with the rates", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("expression: amount", false)]
    [InlineData("expression: amount_base", true)]
    [InlineData("entity: card_id, aggregate: sum, of: amount_base, window: 1d", true)]
    [InlineData("entity: card_id, aggregate: count, window: 1d, where: amount_base > 100", true)]
    public void A_feature_file_says_whether_it_needs_rates(string feature, bool needs) =>
        Assert.Equal(needs, FeatureFiles.Parse("f.yaml", $"version: 1\nfeatures:\n  - {{name: a, {feature}}}\n").UsesBaseAmount);

    [Theory]
    [InlineData("expression: amount", 0)]
    [InlineData("entity: card_id, aggregate: sum, of: amount, window: 3d, delay: 1d", 4 * 24 * 60)]
    [InlineData("entity: card_id, aggregate: decayed_count, half_life: 1m", 0, true)]
    [InlineData("entity: card_id, aggregate: count, window: ever", null)]
    [InlineData("entity: card_id, aggregate: seconds_since_last", null)]
    [InlineData("entity: card_id, aggregate: mean, of: amount, window: last 3", null)]
    public void A_feature_file_says_how_far_back_it_looks(string feature, int? minutes, bool orMore = false)
    {
        var reach = FeatureFiles.Parse("f.yaml", $"version: 1\nfeatures:\n  - {{name: a, {feature}}}\n").Reach;
        Assert.Equal(minutes is null, reach is null);
        Assert.True(orMore ? reach > TimeSpan.FromMinutes(10) && reach < TimeSpan.FromDays(30) : reach?.TotalMinutes == minutes);
    }

    [Fact]
    public void Risk_of_a_field_that_labels_do_not_carry_is_refused()
    {
        var error = Assert.Throws<InvalidInputFileException>(() => FeatureFiles.Parse(
            "f.yaml", "version: 1\nfeatures:\n  - {name: r, entity: [card_id, channel], aggregate: risk, window: 7d}\n"));
        Assert.StartsWith("f.yaml:3:15: features[0].entity names channel, which labels do not carry; risk is of entity ids: card_id, ", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("payment_id")]
    [InlineData("amount")]
    [InlineData("amount_base")]
    public void A_name_that_means_something_else_is_refused(string name)
    {
        var error = Assert.Throws<InvalidInputFileException>(() => FeatureFiles.Parse("f.yaml", $"version: 1\nfeatures:\n  - name: {name}\n    expression: 1 + 1\n"));
        Assert.StartsWith("f.yaml:3:5: features[0].name is ", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("expression: attributes.x + 1", AttributeUse.Number)]
    [InlineData("expression: attributes.x", AttributeUse.Number)]
    [InlineData("expression: 'attributes.x in (1, 2)'", AttributeUse.Number)]
    [InlineData("expression: 'attributes.x == \"a\"'", AttributeUse.Text)]
    [InlineData("expression: 'attributes.x in (\"a\", \"b\")'", AttributeUse.Text)]
    [InlineData("expression: attributes.x == channel", AttributeUse.Text)]
    [InlineData("expression: is_missing(attributes.x)", AttributeUse.None)]
    [InlineData("entity: card_id, aggregate: distinct, of: attributes.x, window: 1d", AttributeUse.None)]
    [InlineData("entity: card_id, aggregate: sum, of: attributes.x, window: 1d", AttributeUse.Number)]
    [InlineData("entity: card_id, aggregate: count, window: 1d, where: 'attributes.x != \"a\"'", AttributeUse.Text)]
    [InlineData("expression: 'if(attributes.x == \"a\", 0, attributes.x)'", AttributeUse.Text | AttributeUse.Number)]
    public void A_feature_file_says_what_it_takes_an_attribute_for(string feature, AttributeUse use) =>
        Assert.Equal(use, FeatureFiles.Parse("f.yaml", $"version: 1\nfeatures:\n  - {{name: a, {feature}}}\n").AttributeUses["x"]);

    [Theory]
    [InlineData("attributes.x == \"a\"", "text", 0)]
    [InlineData("attributes.x == \"a\"", 7.0, 1)]
    [InlineData("attributes.x > 1", 7.0, 0)]
    [InlineData("attributes.x > 1", "text", 1)]
    [InlineData("amount", "text", 0)]
    [InlineData("amount", 7.0, 0)]
    [InlineData("amount", null, 1)]
    public void An_attribute_is_missing_where_it_is_not_what_the_file_takes_it_for(string other, object? value, double isMissing)
    {
        var harness = new FeatureHarness($"version: 1\nfeatures:\n  - {{name: missing, expression: is_missing(attributes.x)}}\n  - {{name: other, expression: '{other}'}}\n");
        var payment = SamplePayment.Full with { Attributes = value is null ? null : new Dictionary<string, object> { ["x"] = value } };
        Assert.Equal(isMissing, harness.Fold([payment]).Single()[0]);
    }

    [Fact]
    public void A_file_that_is_no_UTF_8_is_refused_because_its_texts_would_be_nobodys()
    {
        var path = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(path, [.. "version: 1\nfeatures:\n  - {name: a, expression: 'channel == \"caf"u8, 0xE9, .. "\"'}\n"u8]);
            Assert.Equal($"{path}: holds bytes that are no UTF-8; save it in UTF-8", Assert.Throws<InvalidInputFileException>(() => FeatureFiles.Load(path)).Message);
        }
        finally
        {
            File.Delete(path);
        }
    }
}
