using System.Text.Json;

namespace StreamScoring.IntegrationTests;

public sealed class DemoTests
{
    [Fact]
    public async Task The_demo_decides_as_many_payments_as_it_published_on_the_embedded_broker()
    {
        var demo = await ScoringProcess.SucceedAsync(
            new Dictionary<string, string> { ["SCORING_HTTP_PORT"] = "0" }, "demo", "--events", "20000", "--rate", "0", "--json");
        var summary = JsonDocument.Parse(demo.Output).RootElement;
        Assert.Equal(20_000, summary.GetProperty("payments").GetInt64());
        Assert.Equal(20_000, summary.GetProperty("decisions").GetInt64());
    }

    [Theory]
    [InlineData("score --model nowhere --data nowhere.csv --output x.csv")]
    [InlineData("demo --events 0")]
    [InlineData("topology validate nowhere.yaml")]
    [InlineData("frobnicate")]
    public async Task Wrong_usage_ends_with_two_and_one_line(string line)
    {
        var outcome = await ScoringProcess.RunAsync(new Dictionary<string, string>(), line.Split(' '));
        Assert.Equal(2, outcome.ExitCode);
        Assert.Contains("scoring: ", outcome.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", outcome.Errors, StringComparison.Ordinal);
    }
}
