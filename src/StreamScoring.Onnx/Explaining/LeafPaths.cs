using System.Runtime.CompilerServices;
using StreamScoring.Onnx.Trees;

namespace StreamScoring.Onnx.Explaining;

/// <summary>
/// What the ways to all leaves are worth to each input, written out: where a row's leaves are
/// known, nothing is compared again. Immutable: threads share it.
/// </summary>
internal sealed class LeafPaths
{
    /// <summary>
    /// 12 MiB at the most. Ways of larger ensembles are walked: written out they would drive
    /// everything else out of the caches.
    /// </summary>
    private const long StepsMax = 1 << 20;

    private readonly PathStep[] _steps;
    /// <summary>[leaves + 1] By number among those of all trees: where its way begins.</summary>
    private readonly int[] _starts;

    /// <param name="nodes">Of all trees that split, in order.</param>
    private LeafPaths(TreeEnsemble ensemble, IReadOnlyList<PathNode> nodes)
    {
        var (steps, starts, firstNode) = (new List<PathStep>(), new List<int>(), 0);
        foreach (var tree in ensemble.Trees)
        {
            AddTree(tree, [.. nodes.Skip(firstNode).Take(tree.Splits.Count)], steps, starts);
            firstNode += tree.Splits.Count;
        }

        starts.Add(steps.Count);
        (_steps, _starts) = ([.. steps], [.. starts]);
    }

    /// <returns>Null where a leaf does not tell the way, as several lead to it, or where the ways
    /// would take too much memory.</returns>
    public static LeafPaths? Of(TreeEnsemble ensemble, IReadOnlyList<PathNode> nodes)
    {
        // A tree in which each node has one parent has a leaf more than splits.
        var hasOneWay = ensemble.Trees.All(tree => tree.LeafCount == tree.Splits.Count + 1);
        return hasOneWay && ensemble.Trees.Sum(StepCount) <= StepsMax ? new LeafPaths(ensemble, nodes) : null;
    }

    /// <summary>
    /// Adds what the rows' ways are worth to each input, in the order of the trees. Allocates
    /// nothing.
    /// </summary>
    /// <param name="leaves">[trees, 32] Of the rows, by number among those of all trees.</param>
    /// <param name="contributions">[rows, inputs] Updated in place.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public void AddContributions(ReadOnlySpan<int> leaves, int rowCount, Span<double> contributions)
    {
        Invariant.Require(rowCount is > 0 and <= RowBlock.RowsMax);
        var (steps, starts, inputCount) = (_steps, _starts, contributions.Length / rowCount);
        // All rows go through a tree before the next one: its ways stay in the cache, and the sums
        // of one row need not wait for those of another.
        for (var tree = 0; tree < leaves.Length; tree += RowBlock.RowsMax)
        {
            for (var row = 0; row < rowCount; row++)
            {
                var leaf = leaves[tree + row];
                var ofRow = contributions.Slice(row * inputCount, inputCount);
                foreach (ref readonly var step in steps.AsSpan(starts[leaf]..starts[leaf + 1]))
                {
                    ofRow[step.Input] += step.Delta;
                }
            }
        }
    }

    private static void AddTree(DecisionTree tree, PathNode[] nodes, List<PathStep> steps, List<int> starts)
    {
        var (toSplit, toLeaf) = Parents(tree);
        var way = new Stack<PathStep>();
        for (var leaf = 0; leaf < tree.LeafCount; leaf++)
        {
            starts.Add(steps.Count);
            for (var (split, isTrue) = toLeaf[leaf]; split >= 0; (split, isTrue) = toSplit[split])
            {
                way.Push(new PathStep(isTrue ? nodes[split].DeltaTrue : nodes[split].DeltaFalse, nodes[split].Input));
            }

            // An input that is compared several times on the way stands once: a shorter table
            // leaves more of the cache to others.
            steps.AddRange(way.GroupBy(step => step.Input, (input, same) => new PathStep(same.Sum(step => step.Delta), input)));
            way.Clear();
        }
    }

    private static long StepCount(DecisionTree tree)
    {
        var (count, toSplit) = (0L, new long[tree.Splits.Count]);
        for (var i = 0; i < toSplit.Length; i++)
        {
            foreach (var child in (ReadOnlySpan<int>)[tree.Splits[i].WhenTrue, tree.Splits[i].WhenFalse])
            {
                if (child >= 0)
                {
                    toSplit[child] = toSplit[i] + 1;
                }
                else
                {
                    count += toSplit[i] + 1;
                }
            }
        }

        return count;
    }

    /// <returns>For each split and leaf the split before it, and whether its comparison holds on
    /// the way; below 0 for none.</returns>
    private static ((int Split, bool IsTrue)[] ToSplit, (int Split, bool IsTrue)[] ToLeaf) Parents(DecisionTree tree)
    {
        var (toSplit, toLeaf) = (new (int, bool)[tree.Splits.Count], new (int, bool)[tree.LeafCount]);
        (tree.Splits.Count > 0 ? ref toSplit[0] : ref toLeaf[0]) = (-1, false);
        for (var i = 0; i < toSplit.Length; i++)
        {
            foreach (var (child, isTrue) in (ReadOnlySpan<(int, bool)>)[(tree.Splits[i].WhenTrue, true), (tree.Splits[i].WhenFalse, false)])
            {
                (child >= 0 ? ref toSplit[child] : ref toLeaf[~child]) = (i, isTrue);
            }
        }

        return (toSplit, toLeaf);
    }
}
