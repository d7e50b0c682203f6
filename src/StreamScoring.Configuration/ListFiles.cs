using System.Security.Cryptography;
using StreamScoring.Contracts;
using StreamScoring.Lists;

namespace StreamScoring.Configuration;

/// <summary>
/// A folder of lists: a file for each, <c>NAME</c> or <c>NAME.csv</c>, one entry a line:
/// <c>entry</c> or <c>entry,until,note</c>.
/// </summary>
public sealed class ListFiles
{
    /// <summary>Ten million, with some room.</summary>
    public const int EntriesMax = 16_000_000;

    private readonly SortedDictionary<string, string> _paths = new(StringComparer.Ordinal);

    /// <param name="folder">Null: there are no lists.</param>
    /// <exception cref="InvalidInputFileException">The folder cannot be read, or two files are of
    /// one list.</exception>
    public ListFiles(string? folder)
    {
        foreach (var path in folder is null ? [] : FilesOf(folder))
        {
            var name = Path.GetFileName(path) is var file && file.EndsWith(".csv", StringComparison.Ordinal) ? file[..^4] : file;
            if (IsName(name) && !_paths.TryAdd(name, path))
            {
                throw new InvalidInputFileException($"{_paths[name]} and {path} are both the list {name}; keep one of them");
            }
        }
    }

    public IReadOnlyCollection<string> Names => _paths.Keys;

    /// <summary>Where a list's file is.</summary>
    /// <returns>Null where there is no such list.</returns>
    public string? PathOf(string name) => _paths.GetValueOrDefault(name);

    /// <summary>Whether a list may be called so.</summary>
    public static bool IsName(string name) => ListRecord.IsListName(name);

    /// <summary>Reads a list.</summary>
    /// <param name="uses">What rules look for in it.</param>
    /// <param name="before">The list as it was read before; given back where the file is still the
    /// same.</param>
    /// <exception cref="InvalidInputFileException">The file cannot be read, or an entry is wrong.
    /// </exception>
    public EntryList Load(string name, ListUse uses, EntryList? before = null)
    {
        var path = _paths[name];
        byte[] bytes;
        try
        {
            bytes = File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidInputFileException($"{path}: {e.Message}", e);
        }

        var hash = "sha256:" + Convert.ToHexStringLower(SHA256.HashData(bytes));
        if (before is not null && before.Hash == hash && before.Uses == uses)
        {
            return before;
        }

        // Either ends a line, so this many there are at the most.
        var lines = bytes.AsSpan().Count((byte)'\n') + bytes.AsSpan().Count((byte)'\r') + 1;
        if (lines > EntriesMax)
        {
            throw new InvalidInputFileException($"{path}: has {lines:N0} lines; a list has {EntriesMax:N0} entries at the most");
        }

        var reader = new ListFileReader(path, bytes);
        try
        {
            return EntryList.Of(name, hash, uses, reader.Read(), new DateTimeOffset(File.GetLastWriteTimeUtc(path)).ToUnixTimeMilliseconds());
        }
        catch (FormatException e)
        {
            throw new InvalidInputFileException($"{path}:{reader.Line}: {e.Message}", e);
        }
    }

    private static string[] FilesOf(string folder)
    {
        try
        {
            return Directory.GetFiles(folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidInputFileException($"{folder}: {e.Message}", e);
        }
    }
}
