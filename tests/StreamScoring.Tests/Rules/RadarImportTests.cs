using StreamScoring.Configuration;
using StreamScoring.Configuration.Radar;

namespace StreamScoring.Tests.Rules;

public sealed class RadarImportTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("radar").FullName;

    [Theory]
    [InlineData("Block if :card_country: != 'US' and :amount_in_usd: > 100", "block block_1 when (card_country != \"US\") and (amount > 100 USD)")]
    [InlineData("Allow if :customer: in @trusted_customers", "allow allow_1 when customer_id in @trusted_customers")]
    [InlineData("Review if :ip_country: IN ('DE', 'FR') OR NOT :risk_score: <= 65", "review review_1 when (ip_country in (\"DE\", \"FR\")) or (not (score <= 65))")]
    [InlineData("Request 3D Secure if :risk_level: = 'elevated'", "challenge challenge_1 when level == \"elevated\"")]
    [InlineData("Block if is_missing(:ip_country:) AND (:amount_in_eur: >= 9.5 || :card_country: LIKE '%S')", "block block_1 when (ip_country is missing) and ((amount >= 9.5 EUR) or (card_country like \"*S\"))")]
    [InlineData("block IF ::customer_type:: = 'new' && :ip_address: INCLUDES '10.'", "block block_1 when (attributes.customer_type == \"new\") and (ip contains \"10.\")")]
    [InlineData("Block if :total_charges_per_card_number_daily: > 3", "block block_1 when spent > 3")]
    public void A_rule_is_carried_over_and_is_one(string radar, string rule)
    {
        var result = Import(radar, "total_charges_per_card_number_daily: spent");

        Assert.Empty(result.Problems);
        Assert.Equal($"# {radar}\n{rule}\n", result.Text);
        Assert.Single(RuleFiles.Parse("rules.txt", result.Text, RuleFileTests.World.Value).Rules);
    }

    [Theory]
    [InlineData("Block if :is_disposable_email:", 10, "nothing is called :is_disposable_email: here")]
    [InlineData("Block if :risk_score: >", 23, "not understood from here")]
    [InlineData("Refund if :risk_score: > 3", 1, "is no rule of Radar")]
    [InlineData("Block if :amount_in_usd: > :risk_score:", 10, "is an amount that is compared with no number")]
    [InlineData("Block if :risk_score: = 'high'", 1, "compares a number with a text")]
    public void What_cannot_be_carried_over_is_said_with_its_line_and_stays_as_a_comment(string radar, int column, string problem)
    {
        var result = Import($"Allow if :risk_score: < 5\n{radar}", "x: score");

        Assert.Equal(1, result.Carried);
        Assert.StartsWith($"{Path.Combine(_folder, "radar.txt")}:2:{column}: ", Assert.Single(result.Problems), StringComparison.Ordinal);
        Assert.Contains(problem, result.Problems[0], StringComparison.Ordinal);
        Assert.Contains($"# not carried over: {radar}\n", result.Text, StringComparison.Ordinal);
        Assert.Single(RuleFiles.Parse("rules.txt", result.Text, RuleFileTests.World.Value).Rules);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private RadarImport Import(string radar, string names)
    {
        File.WriteAllText(Path.Combine(_folder, "radar.txt"), radar);
        File.WriteAllText(Path.Combine(_folder, "names.yaml"), names);
        return RadarImport.Of(Path.Combine(_folder, "radar.txt"), Path.Combine(_folder, "names.yaml"), RuleFileTests.World.Value);
    }
}
