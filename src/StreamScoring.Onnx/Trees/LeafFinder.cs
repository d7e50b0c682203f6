using StreamScoring.Batches;

namespace StreamScoring.Onnx.Trees;

/// <summary>
/// Finds the leaves that rows fall into, by walking trees or by masks. Immutable: threads share it.
/// </summary>
internal sealed class LeafFinder
{
    /// <summary>
    /// Fewer rows than these are walked, at 1 µs a row for 100 trees of depth 6: masks take 4.4 µs
    /// for any up to 16.
    /// </summary>
    private const int MaskRowsMin = 5;

    /// <summary>
    /// Trees that are larger on average are walked: to evaluate all splits was measured to cost
    /// more than to pass through some.
    /// </summary>
    private const int MaskLeavesMax = 128;

    private readonly TreeFeature[] _features;
    private readonly RowReader _reader;
    private readonly TreeWalk _walk;
    private readonly TreeMasks? _masks;

    public LeafFinder(TreeEnsemble ensemble)
    {
        _features = [.. ensemble.Features];
        var (ofFloats, ranks) = ensemble.IsDouble ? ThresholdRanks.Of(ensemble) : (ensemble, []);
        _reader = new RowReader(_features, ranks);
        FirstLeaf = new int[ensemble.Trees.Count];
        for (var tree = 0; tree < FirstLeaf.Length; tree++)
        {
            FirstLeaf[tree] = LeafCount;
            LeafCount += ensemble.Trees[tree].LeafCount;
        }

        _walk = new TreeWalk(ofFloats, FirstLeaf);
        var isSmall = ensemble.Trees.Average(tree => tree.LeafCount) <= MaskLeavesMax && TreeMasks.Covers(ensemble);
        _masks = isSmall && RankColumns.Of(ofFloats) is { } columns ? new TreeMasks(ofFloats, columns, FirstLeaf) : null;
    }

    public int TreeCount => FirstLeaf.Length;

    /// <summary>Of all trees.</summary>
    public int LeafCount { get; }

    /// <summary>By tree: the number of its first leaf among those of all trees.</summary>
    public int[] FirstLeaf { get; }

    public RowBlock NewBlock() => new(_features.Length, _masks?.RankCount ?? 0);

    /// <returns>[trees, 32]</returns>
    public int[] NewLeaves() => new int[TreeCount * RowBlock.RowsMax];

    /// <param name="featureColumns">[inputs] For each input of the model, the column of the feature
    /// matrix.</param>
    /// <returns>[features]</returns>
    public int[] ColumnsOf(IReadOnlyList<int> featureColumns) => [.. _features.Select(feature => featureColumns[feature.Input])];

    /// <summary>Finds the leaves of some rows. Allocates nothing.</summary>
    /// <param name="columns">[features] Of the matrix.</param>
    /// <param name="rows">[n] At most 32.</param>
    /// <param name="block">Overwritten.</param>
    /// <param name="leaves">[trees, 32] Filled with leaves of the rows, by their numbers among
    /// those of all trees. What follows the rows is of no meaning.</param>
    public void Find(FeatureMatrix matrix, ReadOnlySpan<int> columns, ReadOnlySpan<int> rows, RowBlock block, Span<int> leaves)
    {
        Invariant.Require(leaves.Length == TreeCount * RowBlock.RowsMax);
        _reader.Read(matrix, columns, rows, block);
        if (_masks is { } masks && rows.Length >= MaskRowsMin)
        {
            masks.Find(block, rows.Length, leaves);
        }
        else
        {
            _walk.Find(block, rows.Length, leaves);
        }
    }
}
