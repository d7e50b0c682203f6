using System.Text.Json;
using System.Text.RegularExpressions;
using StreamScoring.TestSupport;

namespace StreamScoring.IntegrationTests;

/// <summary>Types docs/first-model.md, as a newcomer would.</summary>
public sealed partial class FirstModelPageTests(KafkaCluster cluster) : IClassFixture<KafkaCluster>
{
    [SharedFact]
    public async Task What_the_page_says_to_type_takes_a_bare_file_from_a_shadow_to_the_champion_and_back()
    {
        var output = await TypedPage.TypeAsync(cluster, "first-model.md");
        Assert.Contains("shadow notebook@", output, StringComparison.Ordinal);
        var compared = JsonDocument.Parse(output.Split('\n').First(line => line.StartsWith("{\"payments\":60000", StringComparison.Ordinal))).RootElement;
        var roles = compared.GetProperty("roles").EnumerateArray().ToDictionary(role => role.GetProperty("role").GetString()!);
        Assert.StartsWith("notebook@", roles["canary"].GetProperty("model").GetString(), StringComparison.Ordinal);
        Assert.InRange(roles["canary"].GetProperty("payments").GetInt32(), 20000 * 0.02, 20000 * 0.1);
        var shadow = Assert.Single(compared.GetProperty("shadows").EnumerateArray());
        Assert.InRange(shadow.GetProperty("answers").GetInt32(), 1, 40000);
        Assert.Equal(
            ["added", "champion", "added", "shadow", "canary", "champion", "canary removed", "shadow removed", "rollback"],
            output.Split('\n').Select(line => History().Match(line)).Where(match => match.Success).Select(match => match.Groups[1].Value));
    }

    [GeneratedRegex("^[0-9]{4}-[^ ]+  [^ ]+  ((?:[a-z]+)(?: removed)?)  [a-z]+@")]
    private static partial Regex History();
}
