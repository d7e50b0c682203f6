using StreamScoring.Deployment;

namespace StreamScoring.Tests.Deployment;

/// <summary>A topology file in a folder of its own, with what it names beside it.</summary>
internal sealed class SampleTopology : IDisposable
{
    public const string Text =
        """
        version: 1
        regions:
          eu:
            brokers: 127.0.0.1:19092
        features: features.yaml
        models:
          champion: model
        """;

    public SampleTopology(string text = Text)
    {
        File.WriteAllText(Path.Combine(Folder, "features.yaml"), "version: 1");
        Directory.CreateDirectory(Path.Combine(Folder, "model"));
        Write(text);
    }

    public string Folder { get; } = Directory.CreateTempSubdirectory("topology").FullName;

    public string FilePath => Path.Combine(Folder, "t.yaml");

    public void Write(string text) => File.WriteAllText(FilePath, text);

    public Topology Load(params string[] overrides) => TopologyFile.Load(FilePath, overrides);

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}
