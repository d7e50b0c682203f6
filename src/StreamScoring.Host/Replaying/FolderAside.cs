namespace StreamScoring.Host.Replaying;

/// <summary>A folder for the time of a run: where published models lie meanwhile.</summary>
internal sealed class FolderAside : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("scoring-aside-");

    public string Path => _folder.FullName;

    public void Dispose() => _folder.Delete(recursive: true);
}
