using System.Runtime.Intrinsics.X86;

namespace StreamScoring.Features;

/// <summary>
/// The older events of hot keys, put together in tiles by event time, so that what such a key takes
/// and costs stays bounded. Every event up to a time lies in tiles and every later one is a row;
/// the totals of the rows go on from those of the tiles. The first tile, the base, takes up what
/// lies behind the longest window and what <see cref="EntityLayout.LatenessMs"/> allows for.
/// </summary>
internal sealed unsafe class TileStore
{
    /// <summary>
    /// In front of the tiles: how many fit, how many there are, up to which time events lie in
    /// them, how many labels were remembered; in an image also up to which time nothing is seen;
    /// then the labels.
    /// </summary>
    public const int HeadLongs = 5, Capacity = 0, Count = 1, UpTo = 2, LabelsSeen = 3, Horizon = 4;

    private const int TilesFirst = 32, LongsOfLine = 8;

    private readonly EntityLayout _layout;
    private readonly TileLayout _tiles;
    private readonly EntityRows _rows;
    private readonly RowTotals _totals;
    private readonly int _firstTile;
    private readonly int _stride;
    private readonly TileMeasure[] _measures;
    private readonly DistinctColumns[] _distincts;
    private readonly Series[] _series;
    private readonly TileLabels _labels;
    private readonly TileMerging _merging;
    private readonly EventHash _hash;

    public TileStore(EntityLayout layout, EntityRows rows, RowTotals totals)
    {
        (_layout, _tiles, _rows, _totals) = (layout, new TileLayout(layout), rows, totals);
        (_firstTile, _stride) = (LongsOf(0), _tiles.Stride);
        _measures = [.. _tiles.Measures];
        _distincts = [.. layout.Distincts];
        _series = [.. layout.Series];
        _hash = new EventHash(layout);
        Totals = new TileTotals(layout, _tiles);
        Groups = new TileGroups(layout, _tiles, this);
        _merging = new TileMerging(layout, _tiles, this);
        _labels = new TileLabels(layout, _tiles, this, rows);
        Late = new TileLateness(layout, _tiles, this, totals);
    }

    public TileLayout Layout => _tiles;

    public TileLabels Labels => _labels;

    public TileTotals Totals { get; }

    public TileGroups Groups { get; }

    /// <summary>What comes after the events of its time were compacted.</summary>
    public TileLateness Late { get; }

    public static int CountOf(KeySlot* slot) => (int)slot->Tiles[Count];

    /// <summary>Event time up to which events lie in tiles.</summary>
    public static long UpToMs(KeySlot* slot) => slot->Tiles[UpTo];

    /// <summary>Longs in use, without the room for more tiles: what an image holds.</summary>
    public int LongsOf(KeySlot* slot) => slot->Tiles == null ? 0 : LongsOf(CountOf(slot));

    /// <param name="tile">0: the base.</param>
    public long* Tile(KeySlot* slot, int tile) => slot->Tiles + _firstTile + ((long)tile * _stride);

    /// <summary>Brings into the cache what is looked at where an edge falls into a tile.</summary>
    /// <param name="hint">Any number will do.</param>
    public void Prefetch(KeySlot* slot, int hint)
    {
        if (Sse.IsSupported)
        {
            var tile = Tile(slot, Math.Clamp(hint, 0, CountOf(slot) - 1));
            Sse.Prefetch0(tile - _stride);
            Sse.Prefetch0(tile);
            Sse.Prefetch0(tile + LongsOfLine);
            Sse.Prefetch0(tile + _stride);
        }
    }

    /// <returns>The last tile whose first event lies at or before the time; the base where there is
    /// none.</returns>
    /// <param name="hint">Where it may well be, or be near; any number will do.</param>
    public int Find(KeySlot* slot, long timeMs, int hint = 0)
    {
        var (low, high) = (1, CountOf(slot));
        var at = Math.Clamp(hint, 0, high - 1);
        if ((at == 0 || Tile(slot, at)[_tiles.FirstMsColumn] <= timeMs) && (at + 1 == high || Tile(slot, at + 1)[_tiles.FirstMsColumn] > timeMs))
        {
            return at;
        }

        while (low < high)
        {
            var middle = (low + high) / 2;
            if (Tile(slot, middle)[_tiles.FirstMsColumn] <= timeMs)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low - 1;
    }

    /// <summary>
    /// Puts tiles together that lie behind all windows, and says how much memory compaction then
    /// takes.
    /// </summary>
    /// <param name="cut">The first row that stays: half of them go, and with the last of them those
    /// of its time.</param>
    /// <returns>Bytes, or 0 where there is room enough.</returns>
    public long Prepare(KeySlot* slot, long watermarkMs, out int cut)
    {
        var middle = slot->Start + ((slot->End - slot->Start) / 2);
        cut = _rows.UpperBound(slot, _rows.Row(slot, middle - 1)[EntityLayout.TimeColumn], middle);
        var count = 1;
        if (slot->Tiles != null)
        {
            _merging.Coarsen(slot, watermarkMs);
            count = CountOf(slot);
        }

        var group = count > 1 ? _merging.GroupOf(Tile(slot, count - 1)[EntityLayout.TimeColumn], watermarkMs) : TileMerging.Base;
        for (var row = slot->Start; row < cut; row++)
        {
            var next = _merging.GroupOf(_rows.Row(slot, row)[EntityLayout.TimeColumn], watermarkMs);
            count += next == group ? 0 : 1;
            group = next;
        }

        var capacity = TilesFirst;
        while (capacity < count)
        {
            capacity *= 2;
        }

        return slot->Tiles != null && slot->Tiles[Capacity] >= count ? 0 : BytesOf(capacity);
    }

    /// <summary>Says how much memory one more tile takes.</summary>
    /// <returns>Bytes, or 0 where there is room enough.</returns>
    public long PrepareOne(KeySlot* slot, long watermarkMs)
    {
        if (CountOf(slot) == slot->Tiles[Capacity])
        {
            _merging.Coarsen(slot, watermarkMs);
        }

        return CountOf(slot) < slot->Tiles[Capacity] ? 0 : BytesOf((int)slot->Tiles[Capacity] * 2);
    }

    /// <summary>
    /// The tile of a time that lies among tiles. Where there is none it is made, empty: there must
    /// be room.
    /// </summary>
    public int FindOrInsert(KeySlot* slot, long timeMs, long watermarkMs)
    {
        var tile = Find(slot, timeMs);
        if (timeMs <= Tile(slot, tile)[EntityLayout.TimeColumn])
        {
            return tile;
        }

        var group = _merging.GroupOf(timeMs, watermarkMs);
        if (group == (tile == 0 ? TileMerging.Base : _merging.GroupOf(Tile(slot, tile)[EntityLayout.TimeColumn], watermarkMs)))
        {
            return tile;
        }

        tile++;
        if (tile < CountOf(slot) && group == _merging.GroupOf(Tile(slot, tile)[EntityLayout.TimeColumn], watermarkMs))
        {
            return tile;
        }

        Insert(slot, tile, timeMs);
        return tile;
    }

    private void Insert(KeySlot* slot, int tile, long timeMs)
    {
        Invariant.Require(CountOf(slot) < slot->Tiles[Capacity]);
        var longs = (CountOf(slot) - tile) * _stride;
        new ReadOnlySpan<long>(Tile(slot, tile), longs).CopyTo(new Span<long>(Tile(slot, tile + 1), longs));
        slot->Tiles[Count]++;
        Groups.Forget(slot, tile);
        var inserted = Tile(slot, tile);
        var before = Tile(slot, tile - 1);
        Clear(inserted);
        // The totals go on from the tile before; nothing else of its newest event is the new one's.
        foreach (ref readonly var series in _series.AsSpan())
        {
            for (var word = series.Column; word < series.Column + series.Words; word++)
            {
                inserted[word] = before[word];
            }
        }

        Totals.Copy(before, inserted);

        foreach (ref readonly var columns in _distincts.AsSpan())
        {
            inserted[columns.PreviousColumn] = EntityState.MissingValue;
        }

        inserted[EntityLayout.TimeColumn] = inserted[_tiles.FirstMsColumn] = timeMs;
        inserted[_tiles.SequenceColumn] = before[_tiles.SequenceColumn];
    }

    /// <summary>Gives a key tiles, or more of them.</summary>
    public void Grow(KeySlot* slot, long bytes)
    {
        var grown = (long*)_rows.Slab.Take(bytes);
        var used = LongsOf(slot);
        new ReadOnlySpan<long>(slot->Tiles, used).CopyTo(new Span<long>(grown, used));
        if (used == 0)
        {
            new Span<long>(grown, LongsOf(1)).Clear();
            (grown[Count], grown[UpTo]) = (1, long.MinValue);
        }

        var isNew = used == 0;
        GiveBack(slot);
        slot->Tiles = grown;
        slot->Tiles[Capacity] = TilesFirst;
        while (BytesOf((int)slot->Tiles[Capacity]) < bytes)
        {
            slot->Tiles[Capacity] *= 2;
        }

        Groups.Forget(slot, 0);
        if (isNew)
        {
            Clear(Tile(slot, 0));
            BeginBase(slot);
        }
    }

    public void GiveBack(KeySlot* slot)
    {
        if (slot->Tiles != null)
        {
            _rows.Slab.GiveBack(slot->Tiles, BytesOf((int)slot->Tiles[Capacity]));
            slot->Tiles = null;
        }
    }

    /// <summary>Takes over the tiles of an image.</summary>
    public void Restore(KeySlot* slot, ReadOnlySpan<long> longs)
    {
        _tiles.Check(longs);
        slot->Tiles = (long*)_rows.Slab.Take(RestoredBytes(longs));
        longs.CopyTo(new Span<long>(slot->Tiles, longs.Length));
        slot->Tiles[Capacity] = CapacityOf(longs);
        Groups.Forget(slot, 0);
    }

    public long RestoredBytes(ReadOnlySpan<long> longs) => BytesOf(CapacityOf(longs));

    /// <summary>The tiles as they stand in an image.</summary>
    /// <param name="horizonMs">Up to which time nothing is seen.</param>
    public void CopyTo(KeySlot* slot, Span<long> image, long horizonMs)
    {
        new ReadOnlySpan<long>(slot->Tiles, image.Length).CopyTo(image);
        // How much room there is, is no part of the state.
        (image[Capacity], image[Horizon]) = (0, horizonMs);
    }

    /// <summary>Moves the rows before the cut into tiles.</summary>
    public void Compact(KeySlot* slot, int cut, long watermarkMs)
    {
        if (CountOf(slot) == 1)
        {
            BeginBase(slot);
        }

        var last = CountOf(slot) - 1;
        Groups.Forget(slot, last);
        var group = last == 0 ? TileMerging.Base : _merging.GroupOf(Tile(slot, last)[EntityLayout.TimeColumn], watermarkMs);
        for (var row = slot->Start; row < cut; row++)
        {
            group = Append(slot, row, group, watermarkMs);
        }

        slot->Tiles[UpTo] = _rows.Row(slot, cut - 1)[EntityLayout.TimeColumn];
        slot->Start = cut;
    }

    private static int CapacityOf(ReadOnlySpan<long> longs) => Math.Max(TilesFirst, (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)longs[Count]));

    private int LongsOf(int tileCount) => _tiles.FirstTile + (tileCount * _tiles.Stride);

    private long BytesOf(int capacity) => (LongsOf(capacity) + ((long)TileGroups.CountOf(capacity) * _tiles.GroupLongs)) * sizeof(long);

    public Span<long> Registers(long* tile, int distinct) => new(tile + _tiles.RegistersColumn + (distinct * HyperLogLog.Longs), HyperLogLog.Longs);

    public Span<long> Members(long* tile) => new(tile + _tiles.MembersColumn, TileMembers.Longs);

    public void AddHash(long* tile, UInt128 hash)
    {
        var longs = new Span<long>(tile, _tiles.Stride);
        EventHash.SetWide(longs, _tiles.HashColumn, EventHash.Wide(longs, _tiles.HashColumn) + hash);
    }

    public void Clear(long* tile)
    {
        new Span<long>(tile, _tiles.Stride).Clear();
        foreach (ref readonly var measure in _measures.AsSpan())
        {
            tile[measure.Column + TileMeasure.Smallest] = long.MaxValue;
            tile[measure.Column + TileMeasure.Largest] = long.MinValue;
        }
    }

    /// <summary>
    /// The base ends where the first row begins, so that rows which were dropped because nothing
    /// sees them lie before it.
    /// </summary>
    private void BeginBase(KeySlot* slot)
    {
        var before = Tile(slot, 0);
        new ReadOnlySpan<long>(_rows.Row(slot, slot->Start - 1), _layout.Stride).CopyTo(new Span<long>(before, _layout.Stride));
        before[_tiles.SequenceColumn] = slot->SequenceBase + slot->Start - 1;
        if (before[_tiles.SequenceColumn] == 0)
        {
            before[EntityLayout.TimeColumn] = long.MinValue;
        }

        before[_tiles.FirstMsColumn] = long.MinValue;
        Totals.Begin(before);
    }

    /// <param name="lastGroup">That of the last tile.</param>
    /// <returns>The row's group, now that of the last tile.</returns>
    private long Append(KeySlot* slot, int row, long lastGroup, long watermarkMs)
    {
        var added = _rows.Row(slot, row);
        var timeMs = added[EntityLayout.TimeColumn];
        var last = CountOf(slot) - 1;
        var group = _merging.GroupOf(timeMs, watermarkMs);
        if (group != lastGroup)
        {
            last++;
            slot->Tiles[Count]++;
            Clear(Tile(slot, last));
            Tile(slot, last)[_tiles.FirstMsColumn] = timeMs;
        }

        var tile = Tile(slot, last);
        Totals.GoOn(tile, added, before: group != lastGroup ? Tile(slot, last - 1) : tile);
        new ReadOnlySpan<long>(added, _layout.Stride).CopyTo(new Span<long>(tile, _layout.Stride));
        tile[_tiles.SequenceColumn] = slot->SequenceBase + row;
        foreach (ref readonly var columns in _distincts.AsSpan())
        {
            // It may point to what nothing sees any more, and is then there or not by chance.
            tile[columns.PreviousColumn] = EntityState.MissingValue;
        }

        foreach (ref readonly var measure in _measures.AsSpan())
        {
            if (_rows.Passes(added, measure.Filter))
            {
                TileMeasure.Add(tile + measure.Column, ValueOf(added, _rows.Row(slot, row - 1), measure));
            }
        }

        for (var i = 0; i < _distincts.Length; i++)
        {
            if (added[_distincts[i].HashColumn] != 0 && _rows.Passes(added, _distincts[i].Filter))
            {
                HyperLogLog.Add(Registers(tile, i), added[_distincts[i].HashColumn]);
            }
        }

        AddHash(tile, _hash.OfPayment(new ReadOnlySpan<long>(_rows.Row(slot, row - 1), _layout.Stride), new ReadOnlySpan<long>(added, _layout.Stride)));
        if (_layout.HasLabels)
        {
            AppendLabel(slot, tile, row);
        }

        return group;
    }

    private void AppendLabel(KeySlot* slot, long* tile, int row)
    {
        var added = _rows.Row(slot, row);
        var (timeMs, paymentHash, label) = (added[EntityLayout.TimeColumn], (ulong)added[_layout.PaymentColumn], added[_layout.LabelColumn]);
        var (id, isPayment) = (TileLabels.IdOf(paymentHash, timeMs), added[_layout.FlagsColumn] != 0);
        if (isPayment)
        {
            TileMembers.Add(Members(tile), id);
        }

        if (IsCopy(slot, row))
        {
            // The label that it shares with the other copy counts once in a tile, should it change.
            tile[_tiles.DoubtfulColumn]++;
        }
        else if (label != 0)
        {
            AddHash(tile, EventHash.OfLabel(timeMs, paymentHash, label));
            _labels.Remember(slot, id, LabelEntry.Of(label, isPayment));
        }
    }

    /// <summary>Whether a payment that came twice stands before the row.</summary>
    private bool IsCopy(KeySlot* slot, int row)
    {
        var copy = _rows.Row(slot, row);
        var first = _rows.UpperBound(slot, copy[EntityLayout.TimeColumn] - 1, row);
        return _rows.Index.LastWith(slot, _rows.Index.Layout.SearchOfPayment, copy[_layout.PaymentColumn], filter: -1, first, row) >= 0;
    }

    private static long ValueOf(long* row, long* before, in TileMeasure measure) =>
        measure.Value < 0 ? 0
        : measure.RawColumn >= 0 ? row[measure.RawColumn]
        : measure.ValueCountColumn >= 0 && row[measure.ValueCountColumn] == before[measure.ValueCountColumn] ? EntityState.MissingValue
        : unchecked(row[measure.SumColumn] - before[measure.SumColumn]);
}
