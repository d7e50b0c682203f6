namespace StreamScoring.Onnx.Trees;

/// <summary>What each leaf adds to each target.</summary>
internal sealed class LeafWeights
{
    private readonly Dictionary<(long Tree, long Node), double[]> _byLeaf = [];
    private readonly bool[] _usesTarget;

    private LeafWeights(int targetCount) => (TargetCount, _usesTarget) = (targetCount, new bool[targetCount]);

    public int TargetCount { get; }

    public bool AreAllPositive { get; private set; } = true;

    public bool UsesTarget(int target) => _usesTarget[target];

    /// <returns>[targets] The weights of a leaf, NaN for none; null where it has none at
    /// all.</returns>
    public double[]? Of(long tree, long node) => _byLeaf.GetValueOrDefault((tree, node));

    /// <exception cref="TreesNotCoveredException">Weights that are not finite, or of no target, or
    /// several for one.</exception>
    public static LeafWeights Of(NodeLists lists, int targetCount)
    {
        var (weights, count) = (new LeafWeights(targetCount), lists.Weights.Count);
        if (lists.WeightTrees.Count != count || lists.WeightNodes.Count != count || lists.WeightTargets.Count != count)
        {
            throw new TreesNotCoveredException("its lists of leaf weights differ in length");
        }

        for (var i = 0; i < count; i++)
        {
            weights.Add((lists.WeightTrees[i], lists.WeightNodes[i]), lists.WeightTargets[i], lists.Weights[i]);
        }

        return weights;
    }

    private void Add((long Tree, long Node) leaf, long target, double value)
    {
        if (target < 0 || target >= TargetCount || !double.IsFinite(value))
        {
            throw new TreesNotCoveredException($"a leaf gives {value} to target {target} of {TargetCount}");
        }

        if (!_byLeaf.TryGetValue(leaf, out var weights))
        {
            weights = new double[TargetCount];
            Array.Fill(weights, double.NaN);
            _byLeaf.Add(leaf, weights);
        }

        if (!double.IsNaN(weights[target]))
        {
            throw new TreesNotCoveredException("a leaf has two weights for one target");
        }

        weights[target] = value;
        _usesTarget[target] = true;
        AreAllPositive &= value >= 0;
    }
}
