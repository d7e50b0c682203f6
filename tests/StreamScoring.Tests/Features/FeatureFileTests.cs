using StreamScoring.Configuration;
using StreamScoring.Features;

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
        var error = Assert.Throws<InvalidInputFileException>(() => FeatureFile.Parse("f.yaml", "version: 1\nfeatures:\n" + features + "\n"));
        Assert.StartsWith(place, error.Message, StringComparison.Ordinal);
        Assert.Contains("there is no name amunt; did you mean amount?", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Risk_of_a_field_that_labels_do_not_carry_is_refused()
    {
        var error = Assert.Throws<InvalidInputFileException>(() => FeatureFile.Parse(
            "f.yaml", "version: 1\nfeatures:\n  - {name: r, entity: [card_id, channel], aggregate: risk, window: 7d}\n"));
        Assert.StartsWith("f.yaml:3:15: features[0].entity names channel, which labels do not carry; risk is of entity ids: card_id, ", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("payment_id")]
    [InlineData("amount")]
    public void A_name_that_means_something_else_is_refused(string name)
    {
        var error = Assert.Throws<InvalidInputFileException>(() => FeatureFile.Parse("f.yaml", $"version: 1\nfeatures:\n  - name: {name}\n    expression: 1 + 1\n"));
        Assert.StartsWith("f.yaml:3:5: features[0].name is ", error.Message, StringComparison.Ordinal);
    }
}
