namespace StreamScoring.Features;

/// <summary>
/// What the blocks of busy keys keep beside their rows, so that nothing has to look at each row
/// (<see cref="RowIndex"/>). Rows are summed up in chunks. Behind the rows lie, one array after the
/// other: where each chunk begins; which filters its rows passed; by measure smallest and largest
/// value; by decayed sum two segments' numbers and sums; by column that is searched 512 bits of a
/// Bloom filter; and of each row, by distinct column, when its value stood before; and estimates of
/// distinct values (<see cref="DistinctPrefixes"/>).
/// </summary>
internal sealed class RowIndexLayout
{
    /// <summary>
    /// Blocks of 2^this rows and more have an index: with fewer rows a walk costs less.
    /// </summary>
    public const int RowsLog2Min = 7;

    /// <summary>
    /// Rows of a chunk: a new one is begun at the one, and one that late payments made longer is
    /// split at the other.
    /// </summary>
    public const int ChunkRows = 32, ChunkRowsMax = 64;

    public const int BloomLongs = 8, DecayLongs = 6;

    private const int HeadLongs = 1;

    private readonly List<(int Column, int Filter)> _measures = [];
    private readonly List<(int Column, int Filter, long HalfLifeMs)> _decays = [];
    private readonly List<int> _searched = [];

    public RowIndexLayout(EntityLayout layout)
    {
        MeasureOfPlan = [.. layout.Plans.Select(plan => HasMeasure(plan) ? IndexOf(_measures, (plan.First, plan.Feature.Filter)) : EntityLayout.None)];
        DecayOfPlan = [.. layout.Plans.Select(plan => plan.Feature.Aggregate is Aggregate.DecayedCount or Aggregate.DecayedSum
            ? IndexOf(_decays, (plan.First, plan.Feature.Filter, plan.Feature.HalfLifeMs)) : EntityLayout.None)];
        SearchOfDistinct = [.. layout.Distincts.Select(columns => IndexOf(_searched, columns.HashColumn))];
        SearchOfPayment = layout.HasLabels ? IndexOf(_searched, layout.PaymentColumn) : EntityLayout.None;
        DistinctCount = layout.Distincts.Count;
        LooksForNewest = layout.Kept.Count > 0 || layout.Plans.Any(plan => plan.Feature.Aggregate is Aggregate.Last or Aggregate.Previous or Aggregate.SecondsSinceLast);
        FlagsColumn = layout.FlagsColumn;
        IsUsed = _measures.Count + _decays.Count + _searched.Count > 0 || (LooksForNewest && FlagsColumn >= 0);
        LongsOfChunk = 2 + (2 * _measures.Count) + (DecayLongs * _decays.Count) + (BloomLongs * _searched.Count);
    }

    /// <summary>Whether any feature needs it.</summary>
    public bool IsUsed { get; }

    public bool LooksForNewest { get; }

    public int FlagsColumn { get; }

    /// <summary>Columns of values, and the filter that a row must pass.</summary>
    public IReadOnlyList<(int Column, int Filter)> Measures => _measures;

    /// <summary>The column of the value, -1 where payments are counted.</summary>
    public IReadOnlyList<(int Column, int Filter, long HalfLifeMs)> Decays => _decays;

    /// <summary>Columns of hashes that are searched for.</summary>
    public IReadOnlyList<int> Searched => _searched;

    public int DistinctCount { get; }

    /// <summary>By plan; -1 for none.</summary>
    public int[] MeasureOfPlan { get; }

    public int[] DecayOfPlan { get; }

    /// <summary>By distinct column: which of the searched ones holds its hash.</summary>
    public int[] SearchOfDistinct { get; }

    public int SearchOfPayment { get; }

    public int LongsOfChunk { get; }

    /// <summary>
    /// A quarter more than whole chunks take; should late payments make more, all are made anew.
    /// </summary>
    public static int ChunksMax(int rowsLog2) => (int)((5L << rowsLog2) / (4 * ChunkRows));

    public bool Has(int rowsLog2) => IsUsed && rowsLog2 >= RowsLog2Min;

    /// <returns>Longs behind the rows of a block of that size.</returns>
    public long LongsOf(int rowsLog2) =>
        Has(rowsLog2) ? HeadLongs + ((long)ChunksMax(rowsLog2) * LongsOfChunk) + (DistinctCount * ((1L << rowsLog2) + DistinctPrefixes.LongsOf(rowsLog2))) : 0;

    private static bool HasMeasure(FeaturePlan plan) =>
        plan.First >= 0 && (plan.Feature.Aggregate is Aggregate.Last or Aggregate.Previous
            || (plan.Feature.Aggregate is Aggregate.Min or Aggregate.Max && !plan.Feature.Window.IsEver));

    private static int IndexOf<T>(List<T> known, T item)
    {
        if (!known.Contains(item))
        {
            known.Add(item);
        }

        return known.IndexOf(item);
    }
}
