using StreamScoring.TestSupport;

namespace StreamScoring.IntegrationTests;

/// <summary>A copy of <c>topology/generated</c> that a test may change; gone at its end.</summary>
internal sealed class CopiedTopology : IDisposable
{
    public CopiedTopology()
    {
        var from = Path.Combine(SharedFolder.RepositoryRoot, "topology", "generated");
        foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            var to = Path.Combine(Folder, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(to)!);
            File.Copy(file, to);
        }
    }

    public string Folder { get; } = Directory.CreateTempSubdirectory("topology").FullName;

    public string FilePath => Path.Combine(Folder, "topology.yaml");

    public string Text => File.ReadAllText(FilePath);

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}
