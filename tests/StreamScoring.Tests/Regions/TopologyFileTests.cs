using StreamScoring.Configuration;
using StreamScoring.Regions;

namespace StreamScoring.Tests.Regions;

public sealed class TopologyFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("topology").FullName;

    private const string Good =
        """
        version: 1
        regions:
          eu:
            brokers: ${NO_SUCH_VARIABLE:-127.0.0.1:19092}
        features: features.yaml
        models:
          champion: model
        """;

    public TopologyFileTests()
    {
        File.WriteAllText(Path.Combine(_folder, "features.yaml"), "version: 1");
        Directory.CreateDirectory(Path.Combine(_folder, "model"));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_minimal_file_gets_defaults_and_its_variables()
    {
        var topology = Load(Good);
        Assert.Equal("eu", topology.Region);
        Assert.Equal("127.0.0.1:19092", topology.Home.Brokers);
        Assert.Equal(256, topology.Ingest.BatchRowsMax);
        Assert.Equal("decisions", topology.Home.Decisions);
    }

    [Fact]
    public void An_override_replaces_one_key_and_changes_the_hash()
    {
        var topology = Load(Good, "ingest.batchRowsMax=64", "regions.eu.partitions=7");
        Assert.Equal((64, 7), (topology.Ingest.BatchRowsMax, topology.Home.Partitions));
        Assert.NotEqual(Load(Good).Hash, topology.Hash);
    }

    [Theory]
    [InlineData("ingest: {batchRowsMax: 0}", "t.yaml:8:10: ingest.batchRowsMax is 0; allowed 1..1024")]
    [InlineData("ingest: {batchRowMax: 1}", "unknown key ingest.batchRowMax; did you mean batchRowsMax?")]
    [InlineData("region: mars", "region is mars; the regions of this file are eu")]
    [InlineData("partitionBy: amount", "partitionBy is amount; allowed: card_id")]
    [InlineData("rules: none.txt", "rules names none.txt, and there is no")]
    [InlineData("decide: {budget: fast}", "decide.budget is fast; expected a length of time")]
    [InlineData("data: ${NO_SUCH_VARIABLE}", "the environment variable NO_SUCH_VARIABLE is not set")]
    [InlineData("emit: {format: xml}", "emit.format is xml; allowed: messagepack, json")]
    [InlineData("data: [", "not valid YAML")]
    public void A_mistake_names_file_line_key_and_what_is_allowed(string line, string message)
    {
        var error = Assert.Throws<InvalidInputFileException>(() => Load(Good + "\n" + line));
        Assert.Contains("t.yaml:", error.Message, StringComparison.Ordinal);
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    private Topology Load(string text, params string[] overrides)
    {
        var path = Path.Combine(_folder, "t.yaml");
        File.WriteAllText(path, text);
        return TopologyFile.Load(path, overrides);
    }
}
