using StreamScoring.Configuration;

namespace StreamScoring.Host.Exporting;

/// <summary>Finds the tables that <c>scoring export</c> wrote.</summary>
internal static class ServedParts
{
    private static readonly string[] Patterns = ["*.parquet", "*.csv.gz", "*.csv"];

    /// <param name="path">The folder, or one of its tables.</param>
    /// <returns>The tables, by day.</returns>
    /// <exception cref="InvalidInputFileException">There are none.</exception>
    public static IReadOnlyList<string> Of(string path)
    {
        if (!Directory.Exists(path))
        {
            return [path];
        }

        List<string> parts = [.. Patterns.SelectMany(pattern => Directory.EnumerateFiles(path, pattern, SearchOption.AllDirectories)).Order(StringComparer.Ordinal)];
        return parts.Count > 0 ? parts
            : throw new InvalidInputFileException($"{path} is a folder without tables ({string.Join(", ", Patterns)}); name one that scoring export wrote");
    }
}
