using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace StreamScoring.Onnx.Trees;

/// <summary>Adds leaves up in the kind of numbers that the ensemble has.</summary>
/// <typeparam name="T">float or double.</typeparam>
internal sealed class LeafSums<T> : ILeafSums where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
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
        if (typeof(T) == typeof(float) && _aggregate is TreeAggregate.Sum or TreeAggregate.Average && rowCount > Vector256<int>.Count && Avx2.IsSupported)
        {
            Sum(MemoryMarshal.Cast<T, float>(weights), leaves, MemoryMarshal.Cast<T, float>(aggregates));
            return;
        }

        for (var first = 0; first < leaves.Length; first += RowBlock.RowsMax)
        {
            for (var row = 0; row < rowCount; row++)
            {
                ref var aggregate = ref aggregates[row];
                var weight = weights[leaves[first + row]];
                aggregate = _aggregate switch
                {
                    TreeAggregate.Min => T.Min(aggregate, weight),
                    TreeAggregate.Max => T.Max(aggregate, weight),
                    _ => aggregate + weight,
                };
            }
        }
    }

    /// <param name="aggregates">[32] Updated in place, tree after tree.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static unsafe void Sum(ReadOnlySpan<float> weights, ReadOnlySpan<int> leaves, Span<float> aggregates)
    {
        Invariant.Require(aggregates.Length == RowBlock.RowsMax);
        fixed (float* sums = aggregates, weight = weights)
        fixed (int* first = leaves)
        {
            var (sum0, sum1, sum2, sum3) = (Vector256.Load(sums), Vector256.Load(sums + 8), Vector256.Load(sums + 16), Vector256.Load(sums + 24));
            for (int* leaf = first, end = first + leaves.Length; leaf < end; leaf += RowBlock.RowsMax)
            {
                sum0 += Avx2.GatherVector256(weight, Vector256.Load(leaf), sizeof(float));
                sum1 += Avx2.GatherVector256(weight, Vector256.Load(leaf + 8), sizeof(float));
                sum2 += Avx2.GatherVector256(weight, Vector256.Load(leaf + 16), sizeof(float));
                sum3 += Avx2.GatherVector256(weight, Vector256.Load(leaf + 24), sizeof(float));
            }

            sum0.Store(sums);
            sum1.Store(sums + 8);
            sum2.Store(sums + 16);
            sum3.Store(sums + 24);
        }
    }

    private static IEnumerable<double> Of(DecisionTree tree, int target) => tree.Weights.Skip(target * tree.LeafCount).Take(tree.LeafCount);
}
