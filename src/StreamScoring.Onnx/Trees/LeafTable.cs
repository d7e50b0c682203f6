namespace StreamScoring.Onnx.Trees;

/// <summary>The weights of all leaves, by the number of a leaf among all trees.</summary>
internal sealed class LeafTable
{
    private readonly float[] _weights;

    public LeafTable(TreeEnsemble ensemble)
    {
        (TargetCount, Aggregate) = (ensemble.TargetCount, ensemble.Aggregate);
        FirstLeaf = new int[ensemble.Trees.Count];
        for (var tree = 0; tree < FirstLeaf.Length; tree++)
        {
            FirstLeaf[tree] = LeafCount;
            LeafCount += ensemble.Trees[tree].LeafCount;
        }

        _weights = GC.AllocateArray<float>(Math.Max(1, TargetCount * LeafCount), pinned: true);
        Targets = [.. Enumerable.Range(0, TargetCount).Where(target => ensemble.Trees.Any(tree => Of(tree, target).Any(weight => !float.IsNaN(weight))))];
        for (var target = 0; target < TargetCount; target++)
        {
            var at = target * LeafCount;
            foreach (var weight in ensemble.Trees.SelectMany(tree => Of(tree, target)))
            {
                _weights[at++] = float.IsNaN(weight) ? Neutral : weight;
            }
        }
    }

    public int TargetCount { get; }

    public TreeAggregate Aggregate { get; }

    /// <summary>Of all trees.</summary>
    public int LeafCount { get; }

    /// <summary>By tree: the number of its first leaf.</summary>
    public int[] FirstLeaf { get; }

    /// <summary>
    /// Targets for which some leaf has a weight; the aggregates of the others stay as they start.
    /// </summary>
    public int[] Targets { get; }

    /// <summary>What an aggregate starts from, and what changes nothing.</summary>
    public float Neutral => Aggregate switch { TreeAggregate.Min => float.PositiveInfinity, TreeAggregate.Max => float.NegativeInfinity, _ => 0 };

    /// <summary>[leaves] What the leaves give to one target.</summary>
    public ReadOnlySpan<float> Weights(int target) => _weights.AsSpan(target * LeafCount, LeafCount);

    private static IEnumerable<float> Of(DecisionTree tree, int target) => tree.Weights.Skip(target * tree.LeafCount).Take(tree.LeafCount);
}
