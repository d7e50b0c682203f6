using System.Runtime.CompilerServices;
using StreamScoring.Onnx.Trees;

namespace StreamScoring.Onnx.Explaining;

/// <summary>
/// Trees laid out for path contributions. A node's value is the mean of the leaf weights below it,
/// weighted by the training rows that reached them; a split credits its input with what the value
/// changes by on the row's way. Immutable: threads share it.
/// </summary>
/// <remarks>A. Saabas, Interpreting random forests, 2014.</remarks>
internal sealed class TreePaths
{
    private readonly PathNode[] _nodes;
    /// <summary>By tree that splits: its root.</summary>
    private readonly int[] _roots;

    /// <param name="riskWeights">[targets] How much of each aggregate is in the number that is
    /// explained.</param>
    /// <param name="finder">That of the kernel, if it serves the model.</param>
    public TreePaths(TreeEnsemble ensemble, IReadOnlyList<double> riskWeights, LeafFinder? finder = null)
    {
        Invariant.Require(Covers(ensemble));
        Features = ensemble.Features;
        var (ofFloats, ranks) = ensemble.IsDouble ? ThresholdRanks.Of(ensemble) : (ensemble, []);
        Reader = new RowReader(Features, ranks);
        // Of means, contributions are means too.
        var scale = ensemble.Aggregate == TreeAggregate.Average ? 1.0 / ensemble.Trees.Count : 1;
        var nodes = new List<PathNode>();
        var roots = new List<int>();
        Bias = Enumerable.Range(0, ensemble.TargetCount).Sum(target => riskWeights[target] * ensemble.BaseValues[target]);
        foreach (var tree in ofFloats.Trees)
        {
            var leaves = LeafValues(tree, riskWeights, scale);
            if (tree.Splits.Count == 0)
            {
                Bias += leaves[0];
                continue;
            }

            roots.Add(nodes.Count);
            Bias += Add(tree, leaves, Features, nodes);
        }

        (_nodes, _roots) = ([.. nodes], [.. roots]);
        ByLeaf = LeafPaths.Of(ensemble, nodes);
        Leaves = ByLeaf is null ? null : finder ?? new LeafFinder(ensemble);
    }

    /// <summary>What the trees compare.</summary>
    public IReadOnlyList<TreeFeature> Features { get; }

    /// <summary>Null where leaves do not tell the ways to them: then they are walked.</summary>
    public LeafPaths? ByLeaf { get; }

    /// <summary>Finds the leaves of rows; null where they do not tell the ways to them.</summary>
    public LeafFinder? Leaves { get; }

    /// <summary>Takes rows into blocks in which they can walk the trees.</summary>
    public RowReader Reader { get; }

    /// <summary>
    /// The value of a row before any split is looked at: what contributions are added to.
    /// </summary>
    public double Bias { get; }

    /// <summary>
    /// Whether contributions add up to what the ensemble computes: a smallest or largest leaf is no
    /// sum.
    /// </summary>
    public static bool Covers(TreeEnsemble ensemble) => ensemble.Aggregate is TreeAggregate.Sum or TreeAggregate.Average;

    /// <summary>
    /// Adds what each split of the row's paths is worth to its input. Allocates nothing.
    /// </summary>
    /// <param name="block">Its first row is explained.</param>
    /// <param name="contributions">[inputs] Updated in place.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public void AddContributions(RowBlock block, Span<double> contributions)
    {
        var values = block.Values;
        var nodes = _nodes;
        foreach (var root in _roots)
        {
            var at = root;
            do
            {
                ref readonly var node = ref nodes[at];
                var value = values[node.ValuesAt];
                var holds = float.IsNaN(value) ? node.MissingIsTrue : node.IsUnequal ? value != node.Threshold : value <= node.Threshold;
                contributions[node.Input] += holds ? node.DeltaTrue : node.DeltaFalse;
                at = holds ? node.WhenTrue : node.WhenFalse;
            }
            while (at >= 0);
        }
    }

    private static double[] LeafValues(DecisionTree tree, IReadOnlyList<double> riskWeights, double scale)
    {
        var values = new double[tree.LeafCount];
        for (var target = 0; target < riskWeights.Count; target++)
        {
            for (var leaf = 0; leaf < values.Length; leaf++)
            {
                var weight = tree.Weights[(target * values.Length) + leaf];
                values[leaf] += double.IsNaN(weight) ? 0 : weight * riskWeights[target] * scale;
            }
        }

        return values;
    }

    /// <returns>The value of the root.</returns>
    private static double Add(DecisionTree tree, double[] leaves, IReadOnlyList<TreeFeature> features, List<PathNode> nodes)
    {
        var (first, splits) = (nodes.Count, tree.Splits);
        var values = new double[splits.Count];
        double ValueOf(int child) => child < 0 ? leaves[~child] : values[child];
        int Place(int child) => child < 0 ? -1 : first + child;
        // Children stand behind their parents.
        for (var i = splits.Count - 1; i >= 0; i--)
        {
            values[i] = (splits[i].TrueShare * ValueOf(splits[i].WhenTrue)) + ((1 - splits[i].TrueShare) * ValueOf(splits[i].WhenFalse));
        }

        for (var i = 0; i < splits.Count; i++)
        {
            var split = splits[i];
            nodes.Add(new PathNode(
                ValueOf(split.WhenTrue) - values[i], ValueOf(split.WhenFalse) - values[i], (float)split.Threshold, features[split.Feature].Input,
                split.Feature * RowBlock.RowsMax, Place(split.WhenTrue), Place(split.WhenFalse), split.IsUnequal, split.MissingIsTrue));
        }

        return values[0];
    }
}
