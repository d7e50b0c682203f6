namespace StreamScoring.Features;

/// <summary>
/// How the tiles of a hot key are laid out, in longs. A tile is the row of its newest event, with
/// the totals of everything up to it, and behind that what a part of the tile cannot be told by.
/// </summary>
internal sealed class TileLayout
{
    /// <summary>
    /// Beyond this many the oldest are put together in pairs: only event times from far ahead can
    /// make so many.
    /// </summary>
    public const int TilesMax = 1024;

    private readonly List<TileMeasure> _measures = [];

    public TileLayout(EntityLayout layout)
    {
        FirstMsColumn = layout.Stride;
        SequenceColumn = FirstMsColumn + 1;
        DoubtfulColumn = SequenceColumn + 1;
        HashColumn = DoubtfulColumn + 1;
        Stride = HashColumn + 2;
        CarryColumns = [.. layout.Series.Select(series => series.Wraps ? Stride++ : EntityLayout.None)];
        MeasureOfPlan = [.. layout.Plans.Select(plan => MeasureOf(layout, plan.Value, plan.Feature.Filter))];
        Payments = layout.HasLabels ? MeasureOf(layout, EntityLayout.None, 0) : EntityLayout.None;
        (MembersColumn, Stride) = layout.HasLabels ? (Stride, Stride + TileMembers.Longs) : (EntityLayout.None, Stride);
        RegistersColumn = Stride;
        Stride += layout.Distincts.Count * HyperLogLog.Longs;
        LabelsMax = layout.HasLabels ? 1024 : 0;
        GroupLongs = TileGroups.LongsOf(
            _measures.Count, layout.Plans.Count(plan => plan.Feature.Aggregate is Aggregate.DecayedCount or Aggregate.DecayedSum), layout.Distincts.Count);
    }

    /// <summary>Longs of a tile; the first are a row.</summary>
    public int Stride { get; private set; }

    /// <summary>Event time of the tile's oldest event; that of its newest is its row's.</summary>
    public int FirstMsColumn { get; }

    /// <summary>Sequence number of the tile's newest event.</summary>
    public int SequenceColumn { get; }

    /// <summary>
    /// Labels of fraud of which it is not known which filters their payments passed, or whether
    /// they were counted before.
    /// </summary>
    public int DoubtfulColumn { get; }

    /// <summary>
    /// Two longs: the hashes of the tile's payments and labels, added up (<see cref="EventHash"/>).
    /// </summary>
    public int HashColumn { get; }

    /// <summary>
    /// By series: the word of its total that rows leave out; <see cref="EntityLayout.None"/> where
    /// they leave out none.
    /// </summary>
    public IReadOnlyList<int> CarryColumns { get; }

    /// <summary>
    /// <see cref="TileMembers"/>, by which labels find out whether their payment lies in the tile;
    /// <see cref="EntityLayout.None"/> where there are no labels.
    /// </summary>
    public int MembersColumn { get; }

    /// <summary>For each distinct column in turn, <see cref="HyperLogLog.Longs"/>.</summary>
    public int RegistersColumn { get; }

    public IReadOnlyList<TileMeasure> Measures => _measures;

    /// <summary>By plan: the index of its measure.</summary>
    public int[] MeasureOfPlan { get; }

    /// <summary>
    /// The measure that counts all payments; <see cref="EntityLayout.None"/> where there are no
    /// labels.
    /// </summary>
    public int Payments { get; }

    /// <summary>
    /// Labels of compacted payments that are remembered, so that a second one replaces the first.
    /// </summary>
    public int LabelsMax { get; }

    /// <summary>Longs of a group of tiles.</summary>
    public int GroupLongs { get; }

    /// <summary>Where the first tile, the base, begins in a key's longs.</summary>
    public int FirstTile => TileStore.HeadLongs + (LabelsMax * TileLabels.EntryLongs);

    /// <exception cref="InvalidDataException">The longs are no tiles of this layout.</exception>
    public void Check(ReadOnlySpan<long> longs)
    {
        var tiles = longs.Length - FirstTile;
        if (tiles < Stride || tiles % Stride != 0 || longs[TileStore.Count] != tiles / Stride || longs[TileStore.LabelsSeen] < 0)
        {
            throw new InvalidDataException("a key's tiles are cut short or have another layout");
        }
    }

    private int MeasureOf(EntityLayout layout, int value, int filter)
    {
        var known = _measures.FindIndex(measure => measure.Value == value && measure.Filter == filter);
        if (known >= 0)
        {
            return known;
        }

        var sum = ColumnOf(layout, SeriesKind.Sum, value, filter);
        _measures.Add(new TileMeasure(
            value, filter, value < 0 ? EntityLayout.None : layout.RawColumns[value], sum, ColumnOf(layout, SeriesKind.ValueCount, value, filter), Stride));
        Stride += TileMeasure.Longs;
        return _measures.Count - 1;
    }

    private static int ColumnOf(EntityLayout layout, SeriesKind kind, int value, int filter)
    {
        foreach (var series in layout.Series)
        {
            if (series.Kind == kind && series.Value == value && series.Filter == filter)
            {
                return series.Column;
            }
        }

        return EntityLayout.None;
    }
}
