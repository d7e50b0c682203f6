using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace StreamScoring.Onnx.Trees;

/// <summary>
/// Ranks of values among the thresholds that their feature is compared with: 16 bits, of which a
/// vector holds twice as many as of floats. They are found once for all trees. Immutable: threads
/// share it.
/// </summary>
internal sealed class RankColumns
{
    /// <summary>The rank of a missing value where it is the last: above all thresholds.</summary>
    public const short Missing = short.MaxValue;

    private const int VectorRows = 16;

    /// <summary>
    /// Three steps of the search look at seven thresholds, which lie in one vector: the first, the
    /// two that may be the next, and the four after them, from place 1 on. A look-up in a vector
    /// was measured to be several times as quick as eight in memory.
    /// </summary>
    private const int TopSize = 8;

    /// <summary>[8] In eighths of the table; the first is not looked at.</summary>
    private static readonly int[] TopOrder = [0, 4, 2, 6, 1, 3, 5, 7];

    private readonly RankColumn[] _columns;
    private readonly float[] _table;
    private readonly Dictionary<(int Feature, bool IsMissingFirst), int> _placeOf = [];
    private readonly float[][] _thresholds;

    private RankColumns(TreeEnsemble ensemble, float[][] thresholds)
    {
        _thresholds = thresholds;
        foreach (var split in ensemble.Trees.SelectMany(tree => tree.Splits))
        {
            _placeOf.TryAdd((split.Feature, IsMissingFirst(split)), _placeOf.Count * RowBlock.RowsMax);
        }

        int PlaceOf(int feature, bool isMissingFirst) => _placeOf.TryGetValue((feature, isMissingFirst), out var place) ? place : -1;
        var (columns, table) = (new List<RankColumn>(), new List<float>());
        for (var feature = 0; feature < thresholds.Length; feature++)
        {
            if (thresholds[feature].Length > 0)
            {
                var size = Math.Max(TopSize, (int)BitOperations.RoundUpToPowerOf2((uint)thresholds[feature].Length + 1));
                // No number is above infinity.
                float[] known = [.. thresholds[feature], .. Enumerable.Repeat(float.PositiveInfinity, size - thresholds[feature].Length)];
                var eighth = size / TopSize;
                columns.Add(new RankColumn(feature, table.Count, table.Count + TopSize, eighth, PlaceOf(feature, false), PlaceOf(feature, true)));
                table.AddRange(TopOrder.Select(eighths => known[Math.Max(0, (eighths * eighth) - 1)]));
                table.AddRange(known);
            }
        }

        (_columns, _table) = ([.. columns], [.. table]);
    }

    /// <summary>Numbers of a block.</summary>
    public int Size => _placeOf.Count * RowBlock.RowsMax;

    /// <returns>Null where some feature has more thresholds than ranks.</returns>
    public static RankColumns? Of(TreeEnsemble ensemble)
    {
        var byFeature = ensemble.Trees.SelectMany(tree => tree.Splits).ToLookup(split => split.Feature);
        float[][] thresholds = [.. Enumerable.Range(0, ensemble.Features.Count).Select(feature =>
            // With the float below it, a threshold has a rank that no other value has.
            byFeature[feature].SelectMany(split => split.IsUnequal ? [WalkNode.Below((float)split.Threshold), (float)split.Threshold] : (float[])[(float)split.Threshold])
                .Where(threshold => !float.IsNaN(threshold)).Distinct().Order().ToArray())];
        return thresholds.All(known => known.Length < Missing) ? new RankColumns(ensemble, thresholds) : null;
    }

    /// <returns>Where the ranks that a split compares stand in a block, and its threshold's
    /// rank.</returns>
    public (int RanksAt, short Threshold) Of(TreeSplit split) =>
        (_placeOf[(split.Feature, IsMissingFirst(split))], (short)Array.BinarySearch(_thresholds[split.Feature], (float)split.Threshold));

    /// <summary>Fills the ranks of a block's rows.</summary>
    /// <param name="rowCount">Rows that matter, of the 16 or 32 that are filled.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public unsafe void Fill(RowBlock block, int rowCount)
    {
        Invariant.Require(block.Ranks.Length == Size);
        fixed (float* values = block.Values, table = _table)
        fixed (short* ranks = block.Ranks)
        {
            foreach (ref readonly var column in _columns.AsSpan())
            {
                var top = Vector256.Load(table + column.TopAt);
                var thresholds = table + column.TableAt;
                for (var row = 0; row < rowCount; row += VectorRows)
                {
                    var from = values + (column.Feature * RowBlock.RowsMax) + row;
                    var (low, high) = (Vector256.Load(from), Vector256.Load(from + 8));
                    var (lowRank, highRank) = (Vector256<int>.One, Vector256<int>.One);
                    for (var step = 1; step < TopSize; step <<= 1)
                    {
                        // The place doubles, and one more where the threshold is below: true is -1.
                        lowRank = lowRank + lowRank - Vector256.LessThan(LookUp(top, lowRank), low).AsInt32();
                        highRank = highRank + highRank - Vector256.LessThan(LookUp(top, highRank), high).AsInt32();
                    }

                    var eighth = Vector256.Create(column.EighthOfTable);
                    (lowRank, highRank) = ((lowRank - Vector256.Create(TopSize)) * eighth, (highRank - Vector256.Create(TopSize)) * eighth);
                    for (var half = column.EighthOfTable >> 1; half > 0; half >>= 1)
                    {
                        // Added, not jumped to. The last one of the half says whether all of it is
                        // below.
                        var (last, whole) = (Vector256.Create(half - 1), Vector256.Create(half));
                        lowRank += Vector256.LessThan(Gather(thresholds, lowRank + last), low).AsInt32() & whole;
                        highRank += Vector256.LessThan(Gather(thresholds, highRank + last), high).AsInt32() & whole;
                    }

                    // Nothing is less than NaN: a missing value is the first.
                    var rank = Vector256.Narrow(lowRank, highRank);
                    if (column.FirstAt >= 0)
                    {
                        rank.Store(ranks + column.FirstAt + row);
                    }

                    if (column.LastAt >= 0)
                    {
                        var isMissing = Vector256.Narrow(~Vector256.Equals(low, low).AsInt32(), ~Vector256.Equals(high, high).AsInt32());
                        Vector256.ConditionalSelect(isMissing, Vector256.Create(Missing), rank).Store(ranks + column.LastAt + row);
                    }
                }
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static unsafe Vector256<float> Gather(float* first, Vector256<int> at) => Avx2.IsSupported
        ? Avx2.GatherVector256(first, at, sizeof(float))
        : Vector256.Create(first[at[0]], first[at[1]], first[at[2]], first[at[3]], first[at[4]], first[at[5]], first[at[6]], first[at[7]]);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> LookUp(Vector256<float> values, Vector256<int> at) =>
        Avx2.IsSupported ? Avx2.PermuteVar8x32(values, at) : Vector256.Shuffle(values, at);

    /// <summary>
    /// Whether a missing value must be the first: it is at most any threshold then, and else above
    /// all.
    /// </summary>
    private static bool IsMissingFirst(TreeSplit split) => !split.IsUnequal && split.MissingIsTrue;
}
