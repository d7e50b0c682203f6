namespace StreamScoring.Features;

/// <summary>
/// Sums a hot key's tiles up by sixteen, so that a window which holds hundreds of them is told by
/// some thirty groups and the tiles at its edges. Groups begin at whole multiples, so they follow
/// from the tiles alone: they are in no image, and are made where they are first asked for. They
/// lie behind the room for tiles.
/// </summary>
/// <remarks>
/// A group: whether its numbers hold; how many labels are doubtful; by measure count, smallest and
/// largest; by decayed feature what its values count for at least and at most at the time of its
/// newest event, two doubles; by distinct column the registers.
/// </remarks>
internal sealed unsafe class TileGroups
{
    public const int Tiles = 16;

    private const int IsMade = 0, DoubtfulAt = 1, HeadLongs = 2, MeasureLongs = 3, DecayLongs = 2;

    private readonly TileStore _store;
    private readonly TileLayout _tiles;
    private readonly TileMeasure[] _measures;
    private readonly (FeaturePlan Plan, TileMeasure Measure)[] _decays;
    private readonly int[] _decayOfPlan;
    private readonly int _distinctCount;
    private readonly int _longs;

    public TileGroups(EntityLayout layout, TileLayout tiles, TileStore store)
    {
        (_store, _tiles, _measures, _distinctCount) = (store, tiles, [.. tiles.Measures], layout.Distincts.Count);
        var plans = layout.Plans.Where(plan => plan.Feature.Aggregate is Aggregate.DecayedCount or Aggregate.DecayedSum).ToList();
        _decays = [.. plans.Select(plan => (plan, tiles.Measures[tiles.MeasureOfPlan[plan.Index]]))];
        _decayOfPlan = [.. layout.Plans.Select(plan => plans.IndexOf(plan))];
        _longs = tiles.GroupLongs;
    }

    public static int LongsOf(int measures, int decays, int distincts) =>
        HeadLongs + (MeasureLongs * measures) + (DecayLongs * decays) + (HyperLogLog.Longs * distincts);

    /// <summary>Groups of so many tiles.</summary>
    public static int CountOf(int capacity) => (capacity + Tiles - 1) / Tiles;

    /// <summary>
    /// Nothing holds any more from a tile on: it changed, or those behind it moved.
    /// </summary>
    public void Forget(KeySlot* slot, int tile)
    {
        for (var group = tile / Tiles; group <= ((int)slot->Tiles[TileStore.Capacity] - 1) / Tiles; group++)
        {
            At(slot, group)[IsMade] = 0;
        }
    }

    /// <summary>A tile changed.</summary>
    public void ForgetOne(KeySlot* slot, int tile) => At(slot, tile / Tiles)[IsMade] = 0;

    /// <summary>Whether all tiles of the group that begins at a tile lie in a range.</summary>
    public static bool IsWhole(int tile, int last) => tile % Tiles == 0 && tile + Tiles - 1 <= last;

    /// <param name="tile">The group's first.</param>
    public long Doubtful(KeySlot* slot, int tile) => Made(slot, tile)[DoubtfulAt];

    public (long Count, long Smallest, long Largest) Measure(KeySlot* slot, int tile, int measure)
    {
        var at = Made(slot, tile) + HeadLongs + (MeasureLongs * measure);
        return (at[0], at[1], at[2]);
    }

    public ReadOnlySpan<long> Registers(KeySlot* slot, int tile, int distinct) =>
        new(Made(slot, tile) + HeadLongs + (MeasureLongs * _measures.Length) + (DecayLongs * _decays.Length) + (distinct * HyperLogLog.Longs), HyperLogLog.Longs);

    /// <returns>In units of the value, at the time of the group's newest event; and that
    /// time.</returns>
    public (double Low, double High, long AtMs) Decayed(KeySlot* slot, int tile, int plan)
    {
        var at = Made(slot, tile) + HeadLongs + (MeasureLongs * _measures.Length) + (DecayLongs * _decayOfPlan[plan]);
        return (BitConverter.Int64BitsToDouble(at[0]), BitConverter.Int64BitsToDouble(at[1]), _store.Tile(slot, tile + Tiles - 1)[EntityLayout.TimeColumn]);
    }

    /// <summary>
    /// What a whole tile's values count for at the least and at the most, its events being anywhere
    /// between its first and its last.
    /// </summary>
    /// <returns>Also what the negative ones alone can take off at the most, and the positive ones
    /// add.</returns>
    public (double Low, double High, double NegativeOnly, double PositiveOnly) DecayedOfTile(long* tile, FeaturePlan plan, in TileMeasure measure, long timeMs)
    {
        var of = tile + measure.Column;
        var (positive, negative) = plan.First < 0 ? (of[TileMeasure.Count], 0)
            : ((double)TileMeasure.Sum(of + TileMeasure.Positive), (double)TileMeasure.Sum(of + TileMeasure.Negative));
        var (oldest, newest) = (Weight(plan, timeMs, tile[_tiles.FirstMsColumn]), Weight(plan, timeMs, tile[EntityLayout.TimeColumn]));
        return ((positive * oldest) + (negative * newest), (positive * newest) + (negative * oldest), negative * newest, positive * newest);
    }

    public static double Weight(FeaturePlan plan, long timeMs, long eventMs) =>
        DecayWeight.Exp2(-Math.Max(0, (double)timeMs - eventMs) / plan.Feature.HalfLifeMs);

    private long* At(KeySlot* slot, int group) => _store.Tile(slot, (int)slot->Tiles[TileStore.Capacity]) + ((long)group * _longs);

    private long* Made(KeySlot* slot, int first)
    {
        var at = At(slot, first / Tiles);
        if (at[IsMade] != 0)
        {
            return at;
        }

        (at[IsMade], at[DoubtfulAt]) = (1, 0);
        for (var tile = first; tile < first + Tiles; tile++)
        {
            at[DoubtfulAt] += _store.Tile(slot, tile)[_tiles.DoubtfulColumn];
        }

        var next = at + HeadLongs;
        foreach (ref readonly var measure in _measures.AsSpan())
        {
            (next[0], next[1], next[2]) = (0, long.MaxValue, long.MinValue);
            for (var tile = first; tile < first + Tiles; tile++)
            {
                var of = _store.Tile(slot, tile) + measure.Column;
                next[0] += of[TileMeasure.Count];
                (next[1], next[2]) = (Math.Min(next[1], of[TileMeasure.Smallest]), Math.Max(next[2], of[TileMeasure.Largest]));
            }

            next += MeasureLongs;
        }

        var atMs = _store.Tile(slot, first + Tiles - 1)[EntityLayout.TimeColumn];
        foreach (ref readonly var decay in _decays.AsSpan())
        {
            var (low, high) = (0.0, 0.0);
            for (var tile = first; tile < first + Tiles; tile++)
            {
                var of = DecayedOfTile(_store.Tile(slot, tile), decay.Plan, decay.Measure, atMs);
                (low, high) = (low + of.Low, high + of.High);
            }

            (next[0], next[1]) = (BitConverter.DoubleToInt64Bits(low), BitConverter.DoubleToInt64Bits(high));
            next += DecayLongs;
        }

        for (var distinct = 0; distinct < _distinctCount; distinct++)
        {
            var registers = new Span<long>(next, HyperLogLog.Longs);
            registers.Clear();
            for (var tile = first; tile < first + Tiles; tile++)
            {
                HyperLogLog.Merge(registers, _store.Registers(_store.Tile(slot, tile), distinct));
            }

            next += HyperLogLog.Longs;
        }

        return at;
    }
}
