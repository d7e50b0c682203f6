namespace StreamScoring.Features;

/// <summary>
/// All events that an entity's features can still see, by key: <see cref="EntityRows"/> holds them,
/// <see cref="RowTotals"/> adds them up. Written by one thread.
/// </summary>
internal sealed unsafe class EntityState
{
    /// <summary>A value that a payment does not have.</summary>
    public const long MissingValue = long.MinValue;

    /// <summary>
    /// A value that a payment has and that does not fold: it counts as missing, and
    /// <see cref="LoseValue"/> says so.
    /// </summary>
    public const long ValueOutOfRange = long.MinValue + 1;

    /// <summary>The row of a payment that was put into a tile.</summary>
    public const int AmongTiles = -2;

    private readonly EntityLayout _layout;
    private readonly EntityRows _rows;
    private readonly RowTotals _totals;
    private readonly KeyTable _keys;
    private readonly EvictedKeys _evicted;
    private readonly int _entity;
    private readonly DistinctColumns[] _distincts;
    private readonly DistinctLinks _links;
    private readonly PaymentFinder _finder;
    private readonly int[] _rawColumns;
    private readonly bool _hasLabelFilters;

    /// <param name="entity">Its index in the feature file.</param>
    public EntityState(EntityLayout layout, int entity, StateMemory memory, EvictedKeys evicted, SlotHash hash)
    {
        (_layout, _entity, _evicted) = (layout, entity, evicted);
        _keys = new KeyTable(memory, hash);
        _rows = new EntityRows(layout, memory, hash);
        _totals = new RowTotals(layout, _rows);
        _distincts = [.. layout.Distincts];
        _rawColumns = [.. layout.RawColumns];
        _hasLabelFilters = layout.LabelFilters.Bits != 0;
        _links = new DistinctLinks(_rows);
        _finder = new PaymentFinder(layout, _rows, _totals);
        Tiles = new TileStore(layout, _rows, _totals);
        Ahead = new EntityPrefetch(layout, _rows, _keys, Tiles);
        Sweep = new EntitySweep(layout, _rows, _keys, Tiles);
        Restoring = new EntityRestore(this, layout, _keys);
        Eviction = new KeyEviction(this, entity, evicted);
    }

    public EntityLayout Layout => _layout;

    /// <summary>Brings into the cache what a batch is about to look at.</summary>
    public EntityPrefetch Ahead { get; }

    /// <summary>Copies the state out while it goes on changing.</summary>
    public EntitySweep Sweep { get; }

    /// <summary>Adds what a sweep copied out.</summary>
    public EntityRestore Restoring { get; }

    public TileStore Tiles { get; }

    /// <summary>Lets keys go: idle ones, and those for which there is no memory.</summary>
    public KeyEviction Eviction { get; }

    /// <summary>Whom to ask for room; set once, at the start.</summary>
    public EarlyEviction? Early { get; set; }

    public KeyTable Keys => _keys;

    public RowIndex Index => _rows.Index;

    public int KeyCount => _keys.Count;

    public long AllocatedBytes => _rows.Slab.AllocatedBytes + _keys.AllocatedBytes;

    /// <summary>
    /// Events held now, stubs of labels included. Looks at every key: for operators, not for the
    /// path.
    /// </summary>
    public long CountEvents()
    {
        var events = 0L;
        foreach (ref readonly var slot in _keys.Slots)
        {
            events += slot.End - slot.Start;
        }

        return events;
    }

    /// <summary>Gives back what a key has; it is about to go.</summary>
    public void Release(KeySlot* slot)
    {
        Tiles.GiveBack(slot);
        _rows.End(slot);
    }

    /// <summary>Empties a page of memory, if one can be.</summary>
    public bool TryGiveBackPage() => _rows.Slab.TryGiveBackPage(_keys);

    /// <summary>
    /// Whether a payment's features may lack something: the key was evicted early and came back, or
    /// the payment came too late.
    /// </summary>
    public bool MayMiss(KeySlot* slot, long timeMs, long watermarkMs) =>
        _layout.IsTooLate(timeMs, watermarkMs) || (slot->TruncatedSeconds != 0 && _layout.MaySee(slot->TruncatedSeconds * 1000L, timeMs));

    /// <summary>
    /// Notes that a payment's value is not among those that were folded: what looks at it from now
    /// on says that it may lack something.
    /// </summary>
    public static void LoseValue(KeySlot* slot, long timeMs) => slot->TruncatedSeconds = Math.Max(slot->TruncatedSeconds, SecondsBehind(timeMs));

    /// <summary>
    /// Makes room for the keys of a batch: slots then stay where they are, but for keys that are
    /// evicted early.
    /// </summary>
    public void Reserve(int keys, long watermarkMs) => Early!.MakeRoom(this, keys, watermarkMs);

    public int* Hints(KeySlot* slot) => _rows.Hints(slot);

    public long* Row(KeySlot* slot, int row) => _rows.Row(slot, row);

    public int UpperBound(KeySlot* slot, long timeMs, int hint) => _rows.UpperBound(slot, timeMs, hint);

    public bool Passes(long* row, int filter) => _rows.Passes(row, filter);

    /// <summary>Adds a payment.</summary>
    /// <param name="known">Where the key was found in this batch
    /// (<see cref="EntityPrefetch.Events"/>); null: it was not there.</param>
    /// <param name="values">[values] Scaled integers or <see cref="MissingValue"/>.</param>
    /// <param name="distincts">[distinct columns] Hash of each value; 0 where it is
    /// missing.</param>
    /// <param name="flags">Bit 0 set, and a bit for each filter passed.</param>
    /// <param name="row">The payment's row.</param>
    public KeySlot* AddPayment(
        UInt128 key, KeySlot* known, long timeMs, ulong paymentHash, long flags, ReadOnlySpan<long> values, ReadOnlySpan<long> distincts, long watermarkMs,
        out int row)
    {
        var slot = FindOrAdd(key, known, watermarkMs);
        (slot->NewestMs, slot->Touched) = (Math.Max(slot->NewestMs, timeMs), Early!.Now);
        // Making room may compact, and then the payment may come too late to be a row.
        slot = IsAmongTiles(slot, timeMs) ? slot : MakeRoom(slot, watermarkMs);
        if (IsAmongTiles(slot, timeMs))
        {
            slot = MakeRoomForTile(slot, watermarkMs);
            Tiles.Late.Add(slot, timeMs, paymentHash, flags, values, distincts, watermarkMs);
            row = AmongTiles;
            return slot;
        }

        var label = _layout.HasLabels ? KnownLabel(slot, timeMs, paymentHash, watermarkMs) : 0;
        flags = _hasLabelFilters ? _layout.LabelFilters.With(flags, label) : flags;
        row = AddRow(slot, timeMs, paymentHash, label, flags, values, distincts);
        return slot;
    }

    /// <summary>
    /// Finds a payment that was added before, and makes it the last among those of its time: what
    /// its features then are is what they would be, had it been added now.
    /// </summary>
    /// <param name="values">Given what was stored with the payment where that followed from the
    /// state; likewise the distinct columns.</param>
    /// <param name="row">The payment's row; -1 where it is not there or something it could see may
    /// be gone.</param>
    public KeySlot* FindAgain(
        UInt128 key, long timeMs, ulong paymentHash, long flags, Span<long> values, Span<long> distincts, long watermarkMs, out int row)
    {
        row = -1;
        var slot = _keys.Find(key);
        if (slot == null || _layout.IsTooLate(timeMs, watermarkMs))
        {
            return slot;
        }

        if (IsAmongTiles(slot, timeMs))
        {
            // One among others that cannot be told apart any more: what a window up to it holds is
            // read all the same, with its bound.
            row = AmongTiles;
            return slot;
        }

        var end = UpperBound(slot, timeMs, slot->End);
        for (var candidate = end - 1; candidate >= slot->Start && Row(slot, candidate)[EntityLayout.TimeColumn] == timeMs; candidate--)
        {
            if (_finder.IsSame(slot, candidate, paymentHash, flags, values, distincts))
            {
                _finder.TakeStored(slot, candidate, ref flags, values, distincts);
                row = candidate == end - 1 ? candidate : AddAgain(slot, candidate, timeMs, paymentHash, flags, values, distincts);
                break;
            }
        }

        return slot;
    }

    /// <summary>
    /// Adds what became known about a payment. One that did not come yet is remembered by a stub,
    /// which counts as no payment.
    /// </summary>
    public void AddLabel(UInt128 key, long timeMs, ulong paymentHash, long knownAtMs, bool fraud, long watermarkMs)
    {
        Invariant.Require(_layout.HasLabels);
        var label = (knownAtMs << 1) | (fraud ? 1L : 0);
        var isSeen = timeMs > _layout.HorizonMs(watermarkMs);
        var slot = isSeen ? FindOrAdd(key, known: null, watermarkMs) : _keys.Find(key);
        var isCompacted = slot != null && IsAmongTiles(slot, timeMs);
        var row = slot == null || isCompacted ? -1 : _finder.Find(slot, timeMs, paymentHash, watermarkMs);
        if (row < 0 && !isSeen)
        {
            // No window can see that payment any more.
            return;
        }

        Sweep.BeforeChange(slot);
        if (row < 0 && !isCompacted)
        {
            slot = MakeRoom(slot, watermarkMs);
            isCompacted = IsAmongTiles(slot, timeMs);
        }

        if (isCompacted)
        {
            slot = MakeRoomForTile(slot, watermarkMs);
            Tiles.Labels.Add(slot, timeMs, paymentHash, label, watermarkMs);
            return;
        }

        if (row < 0)
        {
            row = _rows.Open(slot, timeMs);
            slot->NewestMs = Math.Max(slot->NewestMs, timeMs);
            var stub = Row(slot, row);
            new Span<long>(stub, _layout.Stride).Clear();
            stub[EntityLayout.TimeColumn] = timeMs;
            stub[_layout.PaymentColumn] = (long)paymentHash;
            stub[_layout.LabelColumn] = label;
            _totals.Carry(slot, row);
            return;
        }

        // A payment that came again outside the idempotency window stands twice, and one label is
        // for both.
        for (; row >= 0; row = _finder.Find(slot, timeMs, paymentHash, watermarkMs, before: row))
        {
            Relabel(slot, row, label);
        }
    }

    /// <summary>Adds a key that is not there.</summary>
    /// <param name="rowCount">Rows that it has room for.</param>
    public KeySlot* AddKey(UInt128 key, int rowCount, long watermarkMs)
    {
        var rowsLog2 = EntityRows.RowsLog2Of(rowCount);
        // First, as it may evict keys, and so move slots.
        Early!.MakeRoom(_rows.Slab, rowsLog2, watermarkMs);
        var slot = _keys.Add(key);
        _rows.Begin(slot, rowsLog2, _keys.HashOf(key));
        slot->Touched = Early.Now;
        Eviction.Added();
        return slot;
    }

    private KeySlot* FindOrAdd(UInt128 key, KeySlot* known, long watermarkMs)
    {
        var slot = _keys.Find(key, known);
        if (slot != null)
        {
            Sweep.BeforeChange(slot);
            return slot;
        }

        slot = AddKey(key, rowCount: 0, watermarkMs);
        _totals.Begin(Row(slot, 0));
        if (_evicted.MayHold(_entity, key, watermarkMs))
        {
            slot->TruncatedSeconds = SecondsBehind(_evicted.LostUpToMs);
        }

        Sweep.Added(slot);
        return slot;
    }

    /// <summary>
    /// Rounded up; what is out of range, before 1970 or after 2106, counts as missing for good.
    /// </summary>
    private static uint SecondsBehind(long lostMs) => lostMs is >= 0 and < (uint.MaxValue - 1) * 1000L ? (uint)(lostMs / 1000) + 1 : uint.MaxValue;

    /// <summary>Makes sure that a row can be opened.</summary>
    /// <returns>Where the key's slot is then: others may have been evicted meanwhile, and it have
    /// moved.</returns>
    private KeySlot* MakeRoom(KeySlot* slot, long watermarkMs)
    {
        slot = slot->End - slot->Start >= _layout.ExactEvents ? Compact(slot, watermarkMs) : slot;
        if (_rows.HasRoom(slot, watermarkMs))
        {
            return slot;
        }

        var key = slot->Key;
        Eviction.Protect(key);
        Early!.MakeRoom(_rows.Slab, slot->RowsLog2 + 1, watermarkMs);
        Eviction.Protect(UInt128.Zero);
        slot = _keys.Find(key);
        _rows.Grow(slot);
        return slot;
    }

    /// <summary>Puts half of a key's events into tiles, where too many are in sight.</summary>
    private KeySlot* Compact(KeySlot* slot, long watermarkMs)
    {
        // Decided by what is in sight, not by what is still held by chance: so that a restored
        // state decides the same.
        slot->Start = _rows.FirstNeeded(slot, watermarkMs);
        if (slot->End - slot->Start < _layout.ExactEvents)
        {
            return slot;
        }

        slot = GrowTiles(slot, Tiles.Prepare(slot, watermarkMs, out var cut), watermarkMs);
        Tiles.Compact(slot, cut, watermarkMs);
        return slot;
    }

    /// <summary>Makes sure that a key which has tiles can be given one more.</summary>
    private KeySlot* MakeRoomForTile(KeySlot* slot, long watermarkMs) => GrowTiles(slot, Tiles.PrepareOne(slot, watermarkMs), watermarkMs);

    /// <param name="bytes">How much the tiles take then; 0: they fit.</param>
    /// <returns>Where the key's slot is then.</returns>
    private KeySlot* GrowTiles(KeySlot* slot, long bytes, long watermarkMs)
    {
        if (bytes == 0)
        {
            return slot;
        }

        var key = slot->Key;
        Eviction.Protect(key);
        Early!.MakeRoom(bytes, watermarkMs);
        Eviction.Protect(UInt128.Zero);
        slot = _keys.Find(key);
        Tiles.Grow(slot, bytes);
        return slot;
    }

    private static bool IsAmongTiles(KeySlot* slot, long timeMs) => slot->Tiles != null && timeMs <= TileStore.UpToMs(slot);

    private int AddRow(
        KeySlot* slot, long timeMs, ulong paymentHash, long label, long flags, ReadOnlySpan<long> values, ReadOnlySpan<long> distincts)
    {
        var row = _rows.Open(slot, timeMs);
        var added = Row(slot, row);
        added[EntityLayout.TimeColumn] = timeMs;
        if (_layout.HasLabels)
        {
            added[_layout.PaymentColumn] = (long)paymentHash;
            added[_layout.LabelColumn] = label;
        }

        if (_layout.FlagsColumn >= 0)
        {
            added[_layout.FlagsColumn] = flags;
        }

        for (var value = 0; value < _rawColumns.Length; value++)
        {
            if (_rawColumns[value] >= 0)
            {
                added[_rawColumns[value]] = values[value];
            }
        }

        _totals.Add(slot, row, flags, (label & 1) != 0, values);
        for (var i = 0; i < _distincts.Length; i++)
        {
            _links.Link(slot, row, i, _distincts[i], distincts[i], (flags & (1L << _distincts[i].Filter)) != 0);
        }

        return row;
    }

    private int AddAgain(
        KeySlot* slot, int row, long timeMs, ulong paymentHash, long flags, ReadOnlySpan<long> values, ReadOnlySpan<long> distincts)
    {
        Sweep.BeforeChange(slot);
        var label = _layout.HasLabels ? Row(slot, row)[_layout.LabelColumn] : 0;
        for (var i = 0; i < _distincts.Length; i++)
        {
            _links.Unlink(slot, row, i, _distincts[i]);
        }

        _totals.Subtract(slot, row);
        _rows.Remove(slot, row);
        return AddRow(slot, timeMs, paymentHash, label, flags, values, distincts);
    }

    /// <summary>
    /// The later known one holds, and of two known at once the one that says fraud: so order of
    /// arrival does not matter.
    /// </summary>
    private void Relabel(KeySlot* slot, int row, long label)
    {
        var labelled = Row(slot, row);
        var known = labelled[_layout.LabelColumn];
        if (label > known)
        {
            labelled[_layout.LabelColumn] = label;
            if ((label & 1) != (known & 1))
            {
                _totals.AddFrauds(slot, row, (label & 1) - (known & 1));
            }

            if (_hasLabelFilters && labelled[_layout.FlagsColumn] is var before && _layout.LabelFilters.With(before, label) is var after && before != after)
            {
                labelled[_layout.FlagsColumn] = after;
                _totals.Refilter(slot, row, before, after);
                _rows.Index.Refiltered(slot, row);
            }
        }
    }

    /// <summary>
    /// The label that is known of a payment: of an earlier copy of it, or of a stub, which goes.
    /// </summary>
    /// <returns>0 where none is.</returns>
    private long KnownLabel(KeySlot* slot, long timeMs, ulong paymentHash, long watermarkMs)
    {
        var row = _finder.Find(slot, timeMs, paymentHash, watermarkMs);
        if (row < 0)
        {
            return 0;
        }

        var label = Row(slot, row)[_layout.LabelColumn];
        if (Row(slot, row)[_layout.FlagsColumn] == 0)
        {
            _rows.Remove(slot, row);
        }

        return label;
    }
}
