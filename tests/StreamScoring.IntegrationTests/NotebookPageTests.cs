using System.Text.RegularExpressions;

namespace StreamScoring.IntegrationTests;

/// <summary>Types docs/notebook.md, as a newcomer would.</summary>
public sealed partial class NotebookPageTests(KafkaCluster cluster) : IClassFixture<KafkaCluster>
{
    [PythonFact]
    public async Task What_the_page_says_to_type_takes_a_model_of_scikit_learn_from_exported_features_to_the_champion()
    {
        var output = await TypedPage.TypeAsync(cluster, "notebook.md", PythonFactAttribute.Folder);
        // It learned something: of the payments that it did not see some one in a hundred is fraud.
        var learned = Learned().Matches(output).Select(match => double.Parse(match.Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture)).ToList();
        Assert.Equal(2, learned.Count);
        Assert.All(learned, precision => Assert.InRange(precision, 0.3, 1));
        Assert.Contains("40,000 payments compared", output, StringComparison.Ordinal);
        Assert.Contains("shadow notebook@", output, StringComparison.Ordinal);
        Assert.Equal(
            ["added generated", "champion generated", "added notebook", "shadow notebook", "champion notebook", "shadow removed notebook"],
            output.Split('\n').Select(line => History().Match(line)).Where(match => match.Success).Select(match => $"{match.Groups[1].Value} {match.Groups[2].Value}"));
    }

    [GeneratedRegex("^average precision ([0-9.]+) -> ", RegexOptions.Multiline)]
    private static partial Regex Learned();

    [GeneratedRegex("^[0-9]{4}-[^ ]+  [^ ]+  ((?:[a-z]+)(?: removed)?)  ([a-z]+)@")]
    private static partial Regex History();
}
