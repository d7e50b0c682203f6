namespace StreamScoring.TestSupport;

/// <summary>
/// Finds the folder with real data, models and a real Kafka: <c>SCORING_SHARED</c>, else
/// <c>shared</c> beside the repository. Tests that need it are skipped, with this reason, where it
/// is not.
/// </summary>
public static class SharedFolder
{
    private static readonly Lazy<string?> Found = new(Find);

    public static string RepositoryRoot { get; } = FindRepositoryRoot();

    /// <summary>Null where the folder is there; else why a test is skipped.</summary>
    public static string? MissingReason =>
        Found.Value is null ? "needs the shared folder (data, models, Kafka) beside the repository, or SCORING_SHARED naming it" : null;

    /// <summary>A path inside the folder.</summary>
    public static string PathOf(params string[] parts) =>
        Path.Combine([Found.Value ?? throw new InvalidOperationException(MissingReason), .. parts]);

    private static string? Find()
    {
        string[] candidates = [Environment.GetEnvironmentVariable("SCORING_SHARED") ?? "", Path.Combine(RepositoryRoot, "..", "shared")];
        return candidates.Where(path => path.Length > 0).Select(Path.GetFullPath).FirstOrDefault(path => Directory.Exists(Path.Combine(path, "data")));
    }

    private static string FindRepositoryRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "StreamScoring.sln")))
            {
                return folder.FullName;
            }
        }

        throw new InvalidOperationException($"no StreamScoring.sln above {AppContext.BaseDirectory}");
    }
}
