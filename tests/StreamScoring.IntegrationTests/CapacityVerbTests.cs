using System.Text.Json;
using System.Text.RegularExpressions;
using StreamScoring.TestSupport;

namespace StreamScoring.IntegrationTests;

/// <summary><c>topology plan --capacity</c>, and that docs/scale.md says what it prints.</summary>
public sealed partial class CapacityVerbTests
{
    private static readonly Dictionary<string, string> Nothing = [];

    private static string Document => File.ReadAllText(Path.Combine(SharedFolder.RepositoryRoot, "docs", "scale.md"));

    [Fact]
    public async Task Each_table_of_the_document_is_what_its_command_prints()
    {
        var blocks = Blocks().Matches(Document);
        Assert.True(blocks.Count >= 4, $"{blocks.Count} tables");
        foreach (Match block in blocks)
        {
            var outcome = await ScoringProcess.SucceedAsync(Nothing, [.. block.Groups[1].Value.Split(' ')[1..]]);
            Assert.Equal(block.Groups[2].Value.Trim(), outcome.Output.Trim());
        }
    }

    [Fact]
    public void Each_constant_of_the_document_is_the_one_in_the_file()
    {
        var constants = JsonDocument.Parse(File.ReadAllText(Path.Combine(SharedFolder.RepositoryRoot, "src", "StreamScoring.Deployment", "Capacity", "constants.json"))).RootElement;
        var stated = Constants().Matches(Document).ToDictionary(row => row.Groups[1].Value, row => double.Parse(row.Groups[2].Value, System.Globalization.CultureInfo.InvariantCulture));
        foreach (var constant in constants.EnumerateObject().Where(constant => constant.Value.ValueKind == JsonValueKind.Number))
        {
            Assert.True(stated.TryGetValue(constant.Name, out var value), $"docs/scale.md does not state {constant.Name}");
            Assert.Equal(constant.Value.GetDouble(), value);
        }
    }

    [Theory]
    [InlineData("--capacity --rate fast", "--rate is fast; allowed")]
    [InlineData("--capacity --keys 1e9", "--keys is 1e9; expected NAME=N")]
    [InlineData("--capacity --keys card_id=1e9", "--keys names card_id; the entities of ")]
    [InlineData("--capacity --keys customer_id=0", "--keys customer_id is 0; allowed")]
    [InlineData("--capacity --memory -1", "--memory is -1; allowed")]
    [InlineData("--capacity --history soon", "--history is soon; expected a length of time")]
    [InlineData("--capacity --constants nowhere.json", "nowhere.json: ")]
    [InlineData("", "say what to plan: --capacity")]
    public async Task What_is_wrong_is_named_and_ends_with_two(string options, string message)
    {
        var outcome = await ScoringProcess.RunAsync(
            Nothing, ["topology", "plan", "topology/handbook/topology.yaml", .. options.Split(' ', StringSplitOptions.RemoveEmptyEntries)]);
        Assert.Equal(2, outcome.ExitCode);
        Assert.Contains(message, outcome.Errors, StringComparison.Ordinal);
        Assert.Equal("", outcome.Output);
    }

    [Fact]
    public async Task In_json_it_is_one_object()
    {
        var outcome = await ScoringProcess.SucceedAsync(Nothing, "topology", "plan", "topology/handbook/topology.yaml", "--capacity", "--rate", "100", "eu=200", "--json");
        Assert.Equal(200, JsonDocument.Parse(outcome.Output).RootElement.GetProperty("payments_per_second").GetProperty("eu").GetDouble());
    }

    [GeneratedRegex(@"```text\n(\./scoring topology plan [^\n]*)\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Blocks();

    [GeneratedRegex(@"^\| `(\w+)` \| ([\d,.]+) \|", RegexOptions.Multiline)]
    private static partial Regex Constants();
}
