namespace StreamScoring.Onnx.Trees;

/// <summary>What each leaf adds to each target.</summary>
internal sealed class LeafWeights
{
    private readonly Dictionary<(long Tree, long Node), float[]> _byLeaf = [];
    private readonly bool[] _usesTarget;

    private LeafWeights(int targetCount) => (TargetCount, _usesTarget) = (targetCount, new bool[targetCount]);

    public int TargetCount { get; }

    public bool AreAllPositive { get; private set; } = true;

    public bool UsesTarget(int target) => _usesTarget[target];

    /// <returns>[targets] The weights of a leaf, NaN for none; null where it has none at
    /// all.</returns>
    public float[]? Of(long tree, long node) => _byLeaf.GetValueOrDefault((tree, node));

    /// <param name="prefix">Of the lists' names: <c>class</c> or <c>target</c>.</param>
    /// <exception cref="TreesNotCoveredException">Weights that are not finite, or of no target, or
    /// several for one.</exception>
    public static LeafWeights Read(NodeAttributes attributes, string prefix, int targetCount)
    {
        var weights = new LeafWeights(targetCount);
        var (trees, nodes) = (attributes.Integers($"{prefix}_treeids"), attributes.Integers($"{prefix}_nodeids"));
        var (targets, values) = (attributes.Integers($"{prefix}_ids"), attributes.Floats($"{prefix}_weights"));
        if (nodes.Count != trees.Count || targets.Count != trees.Count || values.Count != trees.Count)
        {
            throw new TreesNotCoveredException($"its {prefix} lists differ in length");
        }

        for (var i = 0; i < trees.Count; i++)
        {
            weights.Add((trees[i], nodes[i]), targets[i], values[i]);
        }

        return weights;
    }

    private void Add((long Tree, long Node) leaf, long target, float value)
    {
        if (target < 0 || target >= TargetCount || !float.IsFinite(value))
        {
            throw new TreesNotCoveredException($"a leaf gives {value} to target {target} of {TargetCount}");
        }

        if (!_byLeaf.TryGetValue(leaf, out var weights))
        {
            weights = new float[TargetCount];
            Array.Fill(weights, float.NaN);
            _byLeaf.Add(leaf, weights);
        }

        if (!float.IsNaN(weights[target]))
        {
            throw new TreesNotCoveredException("a leaf has two weights for one target");
        }

        weights[target] = value;
        _usesTarget[target] = true;
        AreAllPositive &= value >= 0;
    }
}
