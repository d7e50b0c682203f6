using StreamScoring.Identity;

namespace StreamScoring.Files;

/// <summary>Finds payment ids that stand more than once in the tables: they may be no
/// ids.</summary>
internal sealed class RepeatedIds
{
    /// <summary>Hashes: of 128 bits, so that two ids with one are not to be expected.</summary>
    private readonly Dictionary<UInt128, long> _ids = [];
    private readonly HashSet<UInt128> _repeated = [];

    /// <summary>Rows of these ids, by id and event time.</summary>
    private readonly HashSet<(UInt128 Id, long EventTimeMs)> _rows = [];
    private string? _firstPlace;
    private int _rowCount;

    /// <summary>Rows whose id stood before.</summary>
    public int Count { get; private set; }

    /// <param name="id">UTF-8.</param>
    public bool Contains(ReadOnlySpan<byte> id) => _repeated.Count > 0 && _repeated.Contains(IdentityHash.Development.Of(id));

    /// <summary>Whether the id stands more than once, and one of its rows has that event time.
    /// </summary>
    /// <param name="id">UTF-8.</param>
    public bool HasRow(ReadOnlySpan<byte> id, long eventTimeMs) => _rows.Count > 0 && _rows.Contains((IdentityHash.Development.Of(id), eventTimeMs));

    /// <param name="id">UTF-8.</param>
    /// <param name="placeOf">Where the row stands.</param>
    public void Add(ReadOnlySpan<byte> id, long eventTimeMs, int row, Func<int, string> placeOf)
    {
        _rowCount++;
        var hash = IdentityHash.Development.Of(id);
        if (!_ids.TryAdd(hash, eventTimeMs))
        {
            _repeated.Add(hash);
            _rows.Add((hash, _ids[hash]));
            _rows.Add((hash, eventTimeMs));
            _firstPlace ??= placeOf(row);
            Count++;
        }
    }

    /// <summary>Once all rows are there: what finds further ones is not needed any more.</summary>
    public void Close()
    {
        _ids.Clear();
        _ids.TrimExcess();
    }

    /// <summary>Null where no id stands twice.</summary>
    public string? Notice => Count == 0 ? null
        : $"{_firstPlace}: {Count:N0} of {_rowCount:N0} payment ids stand more than once, the first of them here; rows that are alike are one payment published again, others with the same id are payments of their own";
}
