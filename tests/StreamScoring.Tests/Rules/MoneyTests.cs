using StreamScoring.Configuration;

namespace StreamScoring.Tests.Rules;

public sealed class MoneyTests : IDisposable
{
    private readonly string _file = Path.GetTempFileName();

    [Theory]
    [InlineData("amount >= 200 EUR", "amount = 200 EUR", true)]
    [InlineData("amount >= 200 EUR", "amount = 216 USD", true)]
    [InlineData("amount >= 200 EUR", "amount = 215 USD", false)]
    [InlineData("amount > 215 USD", "amount = 200 EUR", true)]
    [InlineData("amount is not missing and not (amount > 1 EUR)", "amount = 9 GBP", false)]
    [InlineData("amount_base between 99.9 and 100.1", "amount = 108 USD", true)]
    [InlineData("amount_base is missing", "amount = 108 GBP", true)]
    [InlineData("amount - 8 USD > 99 EUR", "amount = 120 USD", true)]
    [InlineData("amount_base > 100", "amount_base = 101", true)]
    [InlineData("amount_base > 100", "amount_base = 99", false)]
    [InlineData("amount_base > 100", "amount_base = 101, amount = 1 EUR", true)]
    [InlineData("amount_base > 100", "channel = \"online\"", false)]
    // Exactly 100 euros, which the division of doubles makes a little more of.
    [InlineData("amount_base > 100 or amount > 100 EUR", "amount = 33.27 KWD", false)]
    [InlineData("amount_base >= 100 and amount >= 100 EUR", "amount = 33.27 KWD", true)]
    public void Amounts_are_converted_by_the_rates(string condition, string values, bool fires)
    {
        File.WriteAllText(_file, "base: EUR\nrates: {USD: 1.08, JPY: 163.5, KWD: 0.3327}\n");
        var world = RuleFileTests.World.Value with { Rates = RatesFile.Load(_file) };

        Assert.Single(RuleFiles.Parse("rules.txt", $"block a when {condition}\n  example {(fires ? "fires" : "silent")} {values}", world).Rules);
    }

    [Fact]
    public void Without_rates_the_base_amount_says_what_it_needs()
    {
        var error = Assert.Throws<InvalidInputFileException>(() => RuleFiles.Parse("rules.txt", "block a when amount_base > 1", RuleFileTests.World.Value));
        Assert.StartsWith("rules.txt:1:14: amount_base needs to know what currencies are worth", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("rates: {USD: 1}", "base")]
    [InlineData("base: EUR", "rates")]
    [InlineData("base: EURO\nrates: {USD: 1}", "did you mean EUR?")]
    [InlineData("base: EUR\nrates: {USX: 1}", "is USX, which is no currency")]
    [InlineData("base: EUR\nrates: {USD: 0}", "USD")]
    [InlineData("base: EUR\nrates: {USD: x}", "USD")]
    [InlineData("base: EUR\nrates: {USD: }", "USD has no rate")]
    [InlineData("base: EUR\nrates: {}", "names no currency")]
    [InlineData("base: EUR\nrates: {EUR: 2}", "is the base")]
    [InlineData("base: EUR\nrates: {USD: 1}\nmore: 1", "more")]
    public void A_wrong_file_is_refused(string text, string problem)
    {
        File.WriteAllText(_file, text);

        Assert.Contains(problem, Assert.Throws<InvalidInputFileException>(() => RatesFile.Load(_file)).Message, StringComparison.Ordinal);
    }

    public void Dispose() => File.Delete(_file);
}
