using StreamScoring.Configuration;

namespace StreamScoring.Files;

/// <summary>
/// Where a path leads: two spellings of one file, or a link to it, have one real path.
/// </summary>
public static class RealPath
{
    /// <summary>As many as Linux follows.</summary>
    private const int LinksMax = 40;

    /// <summary>The full path without links, also where no file is there yet.</summary>
    /// <exception cref="InvalidInputFileException">Its links lead round in a circle.</exception>
    public static string Of(string path)
    {
        var linksLeft = LinksMax;
        return Of(Path.GetFullPath(path), path, ref linksLeft);
    }

    /// <summary>Whether a file or folder lies in a folder, however deep.</summary>
    public static bool IsWithin(string path, string folder) =>
        Of(path).StartsWith(Path.TrimEndingDirectorySeparator(Of(folder)) + Path.DirectorySeparatorChar, StringComparison.Ordinal);

    private static string Of(string full, string path, ref int linksLeft)
    {
        full = Path.TrimEndingDirectorySeparator(full);
        if (Path.GetDirectoryName(full) is not { } folder)
        {
            return full;
        }

        folder = Of(folder, path, ref linksLeft);
        var here = Path.Combine(folder, Path.GetFileName(full));
        if (new FileInfo(here).LinkTarget is not { } target)
        {
            return here;
        }

        return linksLeft-- > 0 ? Of(Path.GetFullPath(target, folder), path, ref linksLeft)
            : throw new InvalidInputFileException($"{path}: its links lead round in a circle, or are more than {LinksMax}");
    }
}
