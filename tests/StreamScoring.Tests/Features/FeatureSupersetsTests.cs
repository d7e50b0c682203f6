using StreamScoring.Configuration;

namespace StreamScoring.Tests.Features;

public sealed class FeatureSupersetsTests : IDisposable
{
    private const string Small = """
        version: 1
        features:
          - {name: amount_major, describe: the amount, expression: amount}
          - {name: card_count, entity: card_id, aggregate: count, window: 1d}
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("superset").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("""
        version: 1
        features:
          - {name: more, expression: amount * 2}
          - {window: 1d, aggregate: count, entity: card_id, name: card_count}
          - {name: amount_major, describe: in major units, expression: "amount"}
        """, null)]
    [InlineData(Small, null)]
    [InlineData("""
        version: 1
        features:
          - {name: amount_major, expression: amount}
        """, "lacks card_count")]
    [InlineData("""
        version: 1
        features:
          - {name: amount_major, expression: amount}
          - {name: card_count, entity: card_id, aggregate: count, window: 2d}
        """, "card_count is another feature")]
    [InlineData("""
        version: 1
        features:
          - {name: amount_major, expression: amount}
          - {name: card_count, entity: card_id, aggregate: count, window: 1d, delay: 1d}
        """, "card_count is another feature")]
    [InlineData("lateness: 1d\n" + Small, "lateness is not that of")]
    public void It_has_all_features_of_the_smaller_file_as_they_are(string larger, string? problem)
    {
        var (small, large) = (Write("small.yaml", Small), Write("large.yaml", larger));
        FeatureFiles.Load(large);
        if (problem is null)
        {
            FeatureSupersets.Require(large, small);
            return;
        }

        Assert.Contains(problem, Assert.Throws<InvalidInputFileException>(() => FeatureSupersets.Require(large, small)).Message, StringComparison.Ordinal);
    }

    private string Write(string name, string text)
    {
        File.WriteAllText(Path.Combine(_folder, name), text);
        return Path.Combine(_folder, name);
    }
}
