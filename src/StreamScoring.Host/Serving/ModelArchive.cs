using System.Formats.Tar;
using StreamScoring.Configuration;

namespace StreamScoring.Host.Serving;

/// <summary>
/// A model's folder as one file (tar). The same files give the same bytes, whoever writes them, so
/// that slices of two who publish at once fit each other.
/// </summary>
internal static class ModelArchive
{
    public static void Write(string folder, Stream to)
    {
        using var tar = new TarWriter(to, TarEntryFormat.Ustar, leaveOpen: true);
        foreach (var name in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(folder, file).Replace('\\', '/')).Order(StringComparer.Ordinal))
        {
            using var content = File.OpenRead(Path.Combine(folder, name));
            tar.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, name) { ModificationTime = DateTimeOffset.UnixEpoch, DataStream = content });
        }
    }

    /// <param name="folder">There, and empty.</param>
    /// <exception cref="InvalidInputFileException">It is no archive of a folder, or one with files
    /// outside of it.</exception>
    public static void Read(Stream from, string folder)
    {
        try
        {
            using var tar = new TarReader(from);
            var root = Path.GetFullPath(folder) + Path.DirectorySeparatorChar;
            while (tar.GetNextEntry() is { } entry)
            {
                var path = Path.GetFullPath(Path.Combine(folder, entry.Name));
                if (entry.EntryType is not TarEntryType.RegularFile || !path.StartsWith(root, StringComparison.Ordinal))
                {
                    throw new InvalidInputFileException($"the archive has {entry.Name} ({entry.EntryType}), which is no file of a model's folder");
                }

                Directory.CreateDirectory(Path.GetDirectoryName(path)!);
                entry.ExtractToFile(path, overwrite: false);
            }
        }
        catch (Exception e) when (e is InvalidDataException or FormatException or EndOfStreamException or ArgumentException)
        {
            throw new InvalidInputFileException($"it is no archive of a model's folder: {e.Message}", e);
        }
    }
}
