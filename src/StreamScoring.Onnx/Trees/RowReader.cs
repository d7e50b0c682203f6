using System.Runtime.Intrinsics;
using StreamScoring.Batches;

namespace StreamScoring.Onnx.Trees;

/// <summary>
/// Takes rows of a matrix into a block as the trees compare them: floats as they are, doubles by
/// their place among the thresholds. Immutable: threads share it.
/// </summary>
/// <param name="ranks">By feature; empty for trees of floats.</param>
internal sealed class RowReader(IReadOnlyList<TreeFeature> features, IReadOnlyList<ThresholdRanks> ranks)
{
    private readonly TreeFeature[] _features = [.. features];
    private readonly ThresholdRanks[] _ranks = [.. ranks];

    /// <param name="columns">[features] Of the matrix.</param>
    /// <param name="rows">[n] At most 32.</param>
    public void Read(FeatureMatrix matrix, ReadOnlySpan<int> columns, ReadOnlySpan<int> rows, RowBlock block)
    {
        Invariant.Require(rows.Length <= RowBlock.RowsMax);
        Invariant.Require(columns.Length == _features.Length);
        Span<double> scratch = stackalloc double[RowBlock.RowsMax];
        scratch = scratch[..rows.Length];
        var isRun = IsRun(rows);
        for (var i = 0; i < columns.Length; i++)
        {
            var from = matrix.Column(columns[i]);
            var to = block.Column(i)[..rows.Length];
            if (_features[i].IsBareFloat && isRun)
            {
                Convert(from.Slice(rows[0], rows.Length), to);
                continue;
            }

            if (_features[i].IsBareFloat)
            {
                for (var row = 0; row < to.Length; row++)
                {
                    to[row] = (float)from[rows[row]];
                }

                continue;
            }

            for (var row = 0; row < scratch.Length; row++)
            {
                scratch[row] = from[rows[row]];
            }

            _features[i].Apply(scratch);
            for (var row = 0; row < to.Length; row++)
            {
                to[row] = _ranks.Length > 0 ? _ranks[i].Of(scratch[row]) : (float)scratch[row];
            }
        }
    }

    /// <summary>Whether rows stand one behind the other, as those of most batches do.</summary>
    private static bool IsRun(ReadOnlySpan<int> rows)
    {
        for (var i = 1; i < rows.Length; i++)
        {
            if (rows[i] != rows[0] + i)
            {
                return false;
            }
        }

        return rows.Length > 0;
    }

    private static void Convert(ReadOnlySpan<double> from, Span<float> to)
    {
        var i = 0;
        for (; i + Vector256<float>.Count <= from.Length; i += Vector256<float>.Count)
        {
            Vector256.Narrow(Vector256.Create(from[i..]), Vector256.Create(from[(i + Vector256<double>.Count)..])).CopyTo(to[i..]);
        }

        for (; i < from.Length; i++)
        {
            to[i] = (float)from[i];
        }
    }
}
