using System.Text;
using StreamScoring.Configuration;
using StreamScoring.Contracts;
using StreamScoring.Deployment;
using StreamScoring.Kafka;
using StreamScoring.Lists;

namespace StreamScoring.Host.Lists;

/// <summary>Lists in the compacted topic of a deployment, whose processes follow it.</summary>
internal sealed class LogListStore(Topology topology) : IListStore
{
    /// <summary>
    /// So many entries are compared with what is there; for fewer it takes longer to read that.
    /// </summary>
    private const int ComparedFrom = 1000;

    private readonly PolicyTopic _topic = PolicyLogs.ListsOf(topology);

    /// <inheritdoc/>
    public ListOutcome Add(string name, IReadOnlyList<ListEntry> entries, string? why, CancellationToken cancel)
    {
        foreach (var entry in entries)
        {
            Require(entry.Text);
        }

        if (entries.Count < ComparedFrom)
        {
            var written = Publish(name, entries, why, cancel);
            return new ListOutcome(written, null, $"{written:N0} published");
        }

        // A feed that comes every week is almost the same each time.
        var there = All(cancel).GetValueOrDefault(name) ?? [];
        var count = there.Count;
        var changed = new List<ListEntry>();
        foreach (var entry in entries.Where(entry => !there.TryGetValue(entry.Text, out var known) || known != entry))
        {
            changed.Add(there[entry.Text] = entry);
        }

        var published = Publish(name, changed, why, cancel);
        return new ListOutcome(published, there.Count, $"{published:N0} published, of which {there.Count - count:N0} are new; {entries.Count - published:N0} are as they were");
    }

    /// <inheritdoc/>
    public ListOutcome Remove(string name, IReadOnlyList<string> entries, string? why, CancellationToken cancel)
    {
        // Only what is there: a removal of what is not would stand in the topic for a month.
        var there = Read(name, cancel).Select(entry => entry.Text).ToHashSet(StringComparer.Ordinal);
        string[] removed = [.. entries.Distinct(StringComparer.Ordinal).Where(there.Contains)];
        Write(name, removed.Select(entry => (entry, (byte[]?)null)), removed.Length, why, cancel);
        return new ListOutcome(removed.Length, there.Count - removed.Length, $"{removed.Length:N0} removed, {entries.Count - removed.Length:N0} were not there");
    }

    /// <inheritdoc/>
    public IReadOnlyList<ListEntry> Read(string name, CancellationToken cancel)
    {
        var lists = All(cancel);
        var near = Nearest.To(name, lists.Keys);
        return lists.TryGetValue(name, out var entries) ? [.. entries.Values]
            : throw new InvalidInputFileException($"nothing was ever added to a list {name}{(near is null ? "" : $"; did you mean {near}?")}");
    }

    /// <summary>By list, by its text: all entries; a list that is empty by now has none.</summary>
    private Dictionary<string, Dictionary<string, ListEntry>> All(CancellationToken cancel)
    {
        using var line = new ProgressLine();
        var lists = new Dictionary<string, Dictionary<string, ListEntry>>(StringComparer.Ordinal);
        var records = 0L;
        foreach (var record in _topic.ReadAll(cancel))
        {
            line.Show($"{++records:N0} records read");
            if (!ListRecord.TryReadKey(record.Key, out var list, out var entry))
            {
                continue;
            }

            if (!lists.TryGetValue(list, out var entries))
            {
                lists[list] = entries = new Dictionary<string, ListEntry>(StringComparer.Ordinal);
            }

            if (record.Value.Length == 0)
            {
                entries.Remove(entry);
            }
            else if (ListRecord.TryReadValue(record.Value, out var untilMs, out var note))
            {
                entries[entry] = new ListEntry(entry, untilMs ?? ListEntry.Forever, note);
            }
        }

        return lists;
    }

    private long Publish(string name, IReadOnlyCollection<ListEntry> entries, string? why, CancellationToken cancel) =>
        Write(name, entries.Select(entry => (entry.Text, (byte[]?)ListRecord.ValueOf(entry.UntilMs == ListEntry.Forever ? null : entry.UntilMs, entry.Note))), entries.Count, why, cancel);

    private long Write(string name, IEnumerable<(string Entry, byte[]? Value)> entries, int count, string? why, CancellationToken cancel)
    {
        if (!ListRecord.IsListName(name))
        {
            throw new InvalidInputFileException($"{name} is no name of a list; use letters, digits, underscores and dashes, and begin with a letter");
        }

        if (why is null)
        {
            throw new InvalidInputFileException("--why is missing: a change of a deployment's lists says why");
        }

        why = ChangeText.Require("--why", why);
        using var line = new ProgressLine();
        return _topic.Write(
            entries.Select(entry => ((byte[]?)ListRecord.KeyOf(name, entry.Entry), entry.Value)),
            new Dictionary<string, string> { [ListRecord.By] = PolicyLogs.Me, [ListRecord.Why] = why },
            written => line.Show($"{written:N0} of {count:N0} entries published"), cancel);
    }

    /// <summary>
    /// In the log each entry comes and goes by its own text, so one network must not have two.
    /// </summary>
    private static void Require(string entry)
    {
        if (Encoding.UTF8.GetByteCount(entry) > ListRecord.EntryBytesMax)
        {
            throw new InvalidInputFileException($"an entry has more than {ListRecord.EntryBytesMax} bytes");
        }

        if (EntryList.OneWayToWrite(entry) is { } other && other != entry)
        {
            throw new InvalidInputFileException($"{entry} is the same as {other}; write it so, as an entry comes and goes by its text");
        }
    }
}
