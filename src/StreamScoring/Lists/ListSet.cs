using System.Collections.Immutable;
using StreamScoring.Identity;

namespace StreamScoring.Lists;

/// <summary>All lists of a deployment as they are at one position of the log of lists. It never
/// changes.</summary>
public sealed class ListSet
{
    private readonly ImmutableSortedDictionary<string, EntryList> _lists;
    private readonly IdentityHash _hashing;

    private ListSet(ImmutableSortedDictionary<string, EntryList> lists, IdentityHash hashing) => (_lists, _hashing) = (lists, hashing);

    /// <param name="hashing">By which entries are told apart: the deployment's, as its snapshots
    /// hold hashes.</param>
    public static ListSet Empty(IdentityHash hashing) => new(ImmutableSortedDictionary.Create<string, EntryList>(StringComparer.Ordinal), hashing);

    /// <summary>By name; those that ever had an entry.</summary>
    public IReadOnlyDictionary<string, EntryList> Lists => _lists;

    /// <returns>An empty list where nothing is known of it.</returns>
    public EntryList this[string name] => _lists.TryGetValue(name, out var list) ? list : EntryList.Empty(name, _hashing);

    /// <param name="changes">Later ones count.</param>
    /// <param name="atMs">When they were made, ms since the Unix epoch.</param>
    public ListSet With(IReadOnlyCollection<ListChange> changes, long atMs)
    {
        ArgumentNullException.ThrowIfNull(changes);
        return changes.Count == 0 ? this : new ListSet(_lists.SetItems(changes.GroupBy(change => change.List, StringComparer.Ordinal)
            .Select(of => KeyValuePair.Create(of.Key, this[of.Key].With([.. of], atMs)))), _hashing);
    }

    /// <summary>The lists that a snapshot held.</summary>
    internal ListSet Restored(IEnumerable<EntryListImage> images) => new(_lists.SetItems(images.Select(image => KeyValuePair.Create(image.Name, EntryList.Of(image, _hashing)))), _hashing);
}
