using StreamScoring.Configuration;
using StreamScoring.Lists;

namespace StreamScoring.Host.Lists;

/// <summary>Lists in the folder that the topology names, a file for each.</summary>
internal sealed class FileListStore(string folder) : IListStore
{
    /// <inheritdoc/>
    public ListOutcome Add(string name, IReadOnlyList<ListEntry> entries, string? why, CancellationToken cancel)
    {
        using var alone = ListFileLock.Take(folder);
        var list = Open(name, mayBeNew: true);
        var added = entries.Count(list.Put);
        list.Save();
        return new ListOutcome(added, list.Count, $"{added:N0} added, {entries.Count - added:N0} were there");
    }

    /// <inheritdoc/>
    public ListOutcome Remove(string name, IReadOnlyList<string> entries, string? why, CancellationToken cancel)
    {
        using var alone = ListFileLock.Take(folder);
        var list = Open(name, mayBeNew: false);
        var removed = entries.Count(list.Remove);
        list.Save();
        return new ListOutcome(removed, list.Count, $"{removed:N0} removed, {entries.Count - removed:N0} were not there");
    }

    /// <inheritdoc/>
    public IReadOnlyList<ListEntry> Read(string name, CancellationToken cancel) => [.. Open(name, mayBeNew: false).Entries];

    /// <summary>The file of a list; a new one where there is none and there may be one.</summary>
    private ListFileEditor Open(string name, bool mayBeNew)
    {
        var files = new ListFiles(folder);
        if (files.PathOf(name) is { } path)
        {
            return ListFileEditor.Open(path);
        }

        var near = Nearest.To(name, files.Names);
        return !mayBeNew ? throw new InvalidInputFileException($"{folder}: there is no list {name}{(near is null ? "" : $"; did you mean {near}?")}")
            : ListFiles.IsName(name) ? ListFileEditor.Open(Path.Combine(folder, $"{name}.csv"))
            : throw new InvalidInputFileException($"{name} is no name of a list; use letters, digits, underscores and dashes, and begin with a letter");
    }
}
