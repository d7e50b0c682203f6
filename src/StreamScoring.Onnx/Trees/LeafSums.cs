using System.Numerics;
using System.Runtime.CompilerServices;

namespace StreamScoring.Onnx.Trees;

/// <summary>Adds leaves up in the kind of numbers that the ensemble has.</summary>
/// <typeparam name="T">float or double.</typeparam>
internal sealed class LeafSums<T> : ILeafSums where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private const int SumsTogether = 8;

    /// <summary>[targets, leaves]</summary>
    private readonly T[] _weights;
    private readonly T[] _baseValues;
    private readonly T _treeCount;
    private readonly int _leafCount;
    private readonly TreeAggregate _aggregate;
    /// <summary>
    /// Targets for which some leaf has a weight; the aggregates of the others stay as they start.
    /// </summary>
    private readonly bool[] _isUsed;

    public LeafSums(TreeEnsemble ensemble)
    {
        (_aggregate, _treeCount) = (ensemble.Aggregate, T.CreateChecked(ensemble.Trees.Count));
        _baseValues = [.. ensemble.BaseValues.Select(T.CreateTruncating)];
        _leafCount = ensemble.Trees.Sum(tree => tree.LeafCount);
        _isUsed = [.. Enumerable.Range(0, ensemble.TargetCount).Select(target => ensemble.Trees.Any(tree => Of(tree, target).Any(weight => !double.IsNaN(weight))))];
        _weights = [.. Enumerable.Range(0, ensemble.TargetCount).SelectMany(target => ensemble.Trees.SelectMany(tree => Of(tree, target)))
            .Select(weight => double.IsNaN(weight) ? Neutral : T.CreateTruncating(weight))];
    }

    /// <summary>What an aggregate starts from, and what changes nothing.</summary>
    private T Neutral => _aggregate switch { TreeAggregate.Min => T.PositiveInfinity, TreeAggregate.Max => T.NegativeInfinity, _ => T.Zero };

    /// <inheritdoc/>
    public void Add(ReadOnlySpan<int> leaves, int rowCount, Span<double> outputs, int stride)
    {
        Span<T> aggregates = stackalloc T[RowBlock.RowsMax];
        for (var target = 0; target < _baseValues.Length; target++)
        {
            aggregates.Fill(Neutral);
            if (_isUsed[target])
            {
                Aggregate(_weights.AsSpan(target * _leafCount, _leafCount), leaves, rowCount, aggregates);
            }

            for (var row = 0; row < rowCount; row++)
            {
                outputs[(row * stride) + target] = double.CreateTruncating(WithBase(aggregates[row], _baseValues[target]));
            }
        }
    }

    private T WithBase(T aggregate, T baseValue) => _aggregate switch
    {
        TreeAggregate.Average => (aggregate / _treeCount) + baseValue,
        // No leaf of the row has a weight for this target; such a target has no base value.
        TreeAggregate.Min or TreeAggregate.Max when T.IsInfinity(aggregate) => T.Zero,
        _ => aggregate + baseValue,
    };

    private void Aggregate(ReadOnlySpan<T> weights, ReadOnlySpan<int> leaves, int rowCount, Span<T> aggregates)
    {
        var summed = 0;
        if (_aggregate is TreeAggregate.Sum or TreeAggregate.Average)
        {
            for (; summed + SumsTogether <= rowCount; summed += SumsTogether)
            {
                SumEight(weights, leaves, summed, aggregates);
            }
        }

        for (var row = summed; row < rowCount; row++)
        {
            aggregates[row] = _aggregate switch
            {
                TreeAggregate.Min => Least(weights, leaves, row, aggregates[row]),
                TreeAggregate.Max => Greatest(weights, leaves, row, aggregates[row]),
                _ => Sum(weights, leaves, row),
            };
        }
    }

    private static T Sum(ReadOnlySpan<T> weights, ReadOnlySpan<int> leaves, int row)
    {
        var sum = T.Zero;
        for (var at = row; at < leaves.Length; at += RowBlock.RowsMax)
        {
            sum += weights[leaves[at]];
        }

        return sum;
    }

    private static T Least(ReadOnlySpan<T> weights, ReadOnlySpan<int> leaves, int row, T least)
    {
        for (var at = row; at < leaves.Length; at += RowBlock.RowsMax)
        {
            least = T.Min(least, weights[leaves[at]]);
        }

        return least;
    }

    private static T Greatest(ReadOnlySpan<T> weights, ReadOnlySpan<int> leaves, int row, T greatest)
    {
        for (var at = row; at < leaves.Length; at += RowBlock.RowsMax)
        {
            greatest = T.Max(greatest, weights[leaves[at]]);
        }

        return greatest;
    }

    /// <summary>
    /// Sums of eight rows, side by side: one alone would wait for each addition. Loads of one
    /// weight each were measured to be quicker than gathers of eight.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static unsafe void SumEight(ReadOnlySpan<T> weights, ReadOnlySpan<int> leaves, int firstRow, Span<T> sums)
    {
        var (sum0, sum1, sum2, sum3, sum4, sum5, sum6, sum7) = (T.Zero, T.Zero, T.Zero, T.Zero, T.Zero, T.Zero, T.Zero, T.Zero);
        fixed (T* weight = weights)
        fixed (int* first = leaves)
        {
            for (int* leaf = first + firstRow, end = first + leaves.Length; leaf < end; leaf += RowBlock.RowsMax)
            {
                sum0 += weight[leaf[0]];
                sum1 += weight[leaf[1]];
                sum2 += weight[leaf[2]];
                sum3 += weight[leaf[3]];
                sum4 += weight[leaf[4]];
                sum5 += weight[leaf[5]];
                sum6 += weight[leaf[6]];
                sum7 += weight[leaf[7]];
            }
        }

        ReadOnlySpan<T> found = [sum0, sum1, sum2, sum3, sum4, sum5, sum6, sum7];
        found.CopyTo(sums[firstRow..]);
    }

    private static IEnumerable<double> Of(DecisionTree tree, int target) => tree.Weights.Skip(target * tree.LeafCount).Take(tree.LeafCount);
}
