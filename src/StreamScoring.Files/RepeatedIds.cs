using System.Runtime.InteropServices;
using StreamScoring.Identity;

namespace StreamScoring.Files;

/// <summary>Finds payment ids that stand more than once in the tables: they may be no
/// ids.</summary>
internal sealed class RepeatedIds
{
    /// <summary>Hashes: of 128 bits, so that two ids with one are not to be expected.</summary>
    private readonly List<UInt128> _ids = [];
    private readonly HashSet<UInt128> _repeated = [];

    /// <summary>Rows of these ids, by id and event time.</summary>
    private readonly HashSet<(UInt128 Id, long EventTimeMs)> _rows = [];
    private string? _firstPlace;
    private int _rowCount;

    /// <summary>Rows whose id stood before.</summary>
    public int Count { get; private set; }

    /// <param name="id">UTF-8.</param>
    public static UInt128 HashOf(ReadOnlySpan<byte> id) => IdentityHash.Development.Of(id);

    /// <param name="id">UTF-8.</param>
    public bool Contains(ReadOnlySpan<byte> id) => _repeated.Count > 0 && _repeated.Contains(HashOf(id));

    /// <summary>Whether the id stands more than once, and one of its rows has that event time.
    /// </summary>
    /// <param name="id">UTF-8.</param>
    public bool HasRow(ReadOnlySpan<byte> id, long eventTimeMs) => _rows.Count > 0 && _rows.Contains((HashOf(id), eventTimeMs));

    /// <param name="hashes">Of the next rows' ids, in the order of the rows.</param>
    public void Add(IReadOnlyList<UInt128> hashes) => _ids.AddRange(hashes);

    /// <summary>Once all rows are there: what finds further ones is not needed any more.</summary>
    /// <param name="eventTimeMs">Of a row, by its number, ms since the Unix epoch.</param>
    /// <param name="placeOf">Where a row stands, by its number.</param>
    public void Close(Func<int, long> eventTimeMs, Func<int, string> placeOf)
    {
        _rowCount = _ids.Count;
        var candidates = Candidates();
        var first = new Dictionary<UInt128, int>();
        for (var row = 0; candidates.Count > 0 && row < _ids.Count; row++)
        {
            var id = _ids[row];
            if (candidates.Contains((ulong)id) && !first.TryAdd(id, row))
            {
                _repeated.Add(id);
                _rows.Add((id, eventTimeMs(first[id])));
                _rows.Add((id, eventTimeMs(row)));
                _firstPlace ??= placeOf(row);
                Count++;
            }
        }

        _ids.Clear();
        _ids.TrimExcess();
    }

    /// <summary>Null where no id stands twice.</summary>
    public string? Notice => Count == 0 ? null
        : $"{_firstPlace}: {Count:N0} of {_rowCount:N0} payment ids stand more than once, the first of them here; rows that are alike are one payment published again, others with the same id are payments of their own";

    /// <returns>Lower halves of hashes that stand more than once. Mostly there are none, and a
    /// sorted array finds that out in a third of the memory of a dictionary.</returns>
    private HashSet<ulong> Candidates()
    {
        var halves = new ulong[_ids.Count];
        var ids = CollectionsMarshal.AsSpan(_ids);
        for (var i = 0; i < halves.Length; i++)
        {
            halves[i] = (ulong)ids[i];
        }

        Array.Sort(halves);
        var repeated = new HashSet<ulong>();
        for (var i = 1; i < halves.Length; i++)
        {
            if (halves[i] == halves[i - 1])
            {
                repeated.Add(halves[i]);
            }
        }

        return repeated;
    }
}
