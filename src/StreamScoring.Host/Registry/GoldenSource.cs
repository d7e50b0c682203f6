using StreamScoring.Host.Exporting;

namespace StreamScoring.Host.Registry;

/// <summary>
/// Where golden rows come from: a table, or a folder of <c>scoring export</c>, whose rows are those
/// that were served.
/// </summary>
internal static class GoldenSource
{
    /// <returns>The table: of a folder that of the newest day.</returns>
    /// <exception cref="Configuration.InvalidInputFileException">A folder holds no
    /// table.</exception>
    public static string Of(string path) => ServedParts.Of(path)[^1];
}
