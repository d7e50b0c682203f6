using StreamScoring.Batches;
using StreamScoring.Onnx.Trees;

namespace StreamScoring.Onnx.Explaining;

/// <summary>
/// Estimates from a sample which share of rows goes which way at each split, for trees that do not
/// say it. Rows that a model takes for fraud are few: to count both ways of a split as a half each
/// would explain every row against a mean that is mostly fraud.
/// </summary>
internal static class SampleShares
{
    /// <param name="rows">[inputs, rows] What the model takes.</param>
    /// <returns>The same trees; a split's share is (rows for which it holds + 1) / (rows + 2),
    /// which is a half where no row came by.</returns>
    /// <remarks>
    /// The rule of succession (Laplace): no way through a tree is impossible because a small sample
    /// did not take it.
    /// </remarks>
    public static TreeEnsemble Of(TreeEnsemble ensemble, FeatureMatrix rows, int rowCount)
    {
        var columns = ensemble.Features.Select(feature =>
        {
            var column = rows.Column(feature.Input)[..rowCount].ToArray();
            feature.Apply(column);
            return column;
        }).ToArray();
        return ensemble with { Trees = [.. ensemble.Trees.Select(tree => Of(tree, columns, rowCount))] };
    }

    /// <param name="columns">[features][rows] What the splits compare.</param>
    private static DecisionTree Of(DecisionTree tree, double[][] columns, int rowCount)
    {
        var (counts, trueCounts) = (new int[tree.Splits.Count], new int[tree.Splits.Count]);
        for (var row = 0; row < rowCount; row++)
        {
            for (var at = tree.Splits.Count > 0 ? 0 : -1; at >= 0;)
            {
                var split = tree.Splits[at];
                var holds = split.Holds(columns[split.Feature][row]);
                counts[at]++;
                trueCounts[at] += holds ? 1 : 0;
                at = holds ? split.WhenTrue : split.WhenFalse;
            }
        }

        return tree with { Splits = [.. tree.Splits.Select((split, i) => split with { TrueShare = (trueCounts[i] + 1.0) / (counts[i] + 2.0) })] };
    }
}
