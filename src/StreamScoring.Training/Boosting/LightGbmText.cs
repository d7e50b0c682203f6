using System.Globalization;
using System.Numerics;

namespace StreamScoring.Training.Boosting;

/// <summary>Reads the trees of LightGBM's own text form.</summary>
/// <remarks>
/// A block for each tree, key=value a line. Of a comparison's decision_type the first bit says that
/// it is of categories, the second that a missing value goes left, the next two what is missing:
/// nothing, zero, or NaN. A child is a comparison's number, or ~leaf.
/// </remarks>
internal static class LightGbmText
{
    private const int Categorical = 1, DefaultLeft = 2, MissingNaN = 2;

    public static IReadOnlyList<BoostedTree> Trees(string text)
    {
        var trees = new List<BoostedTree>();
        Dictionary<string, string>? block = null;
        foreach (var line in text.Split('\n'))
        {
            if (line.StartsWith("Tree=", StringComparison.Ordinal))
            {
                block = new Dictionary<string, string>(StringComparer.Ordinal);
            }
            else if (block is not null && line.IndexOf('=', StringComparison.Ordinal) is > 0 and var at)
            {
                block[line[..at]] = line[(at + 1)..];
            }
            else if (block is not null && (line.Length == 0 || line == "end of trees"))
            {
                // Two blank lines stand between blocks.
                if (block.Count > 0)
                {
                    trees.Add(Tree(block));
                }

                block = null;
            }
        }

        return trees;
    }

    private static BoostedTree Tree(Dictionary<string, string> block)
    {
        double[] leaves = [.. Cells(block, "leaf_value").Select(Number)];
        if (leaves.Length == 1)
        {
            return new BoostedTree([], leaves);
        }

        int[] features = Integers(block, "split_feature"), decisions = Integers(block, "decision_type"), left = Integers(block, "left_child"), right = Integers(block, "right_child");
        double[] thresholds = [.. Cells(block, "threshold").Select(Number)];
        var categories = decisions.Select((decision, i) => (decision & Categorical) == 0 ? null : Categories(block, (int)thresholds[i])).ToList();
        // A comparison with a set becomes one for each value, one behind the other.
        var first = new int[features.Length];
        for (var i = 1; i < first.Length; i++)
        {
            first[i] = first[i - 1] + (categories[i - 1]?.Count ?? 1);
        }

        var nodes = new List<TreeNode>();
        for (var i = 0; i < features.Length; i++)
        {
            var (whenTrue, whenFalse) = (Place(left[i]), Place(right[i]));
            if (categories[i] is { } values)
            {
                nodes.AddRange(values.Select((value, nth) =>
                    new TreeNode(features[i], true, value, false, whenTrue, nth == values.Count - 1 ? whenFalse : first[i] + nth + 1)));
            }
            else
            {
                // A value is taken for zero where it is missing now and never was in training.
                var isMissingLeft = ((decisions[i] >> 2) & 3) == MissingNaN ? (decisions[i] & DefaultLeft) != 0 : thresholds[i] >= 0;
                nodes.Add(new TreeNode(features[i], false, RoundDown(thresholds[i]), isMissingLeft, whenTrue, whenFalse));
            }
        }

        return new BoostedTree(nodes, leaves);

        int Place(int child) => child >= 0 ? first[child] : child;
    }

    /// <summary>A set is bits of words of 32.</summary>
    private static List<int> Categories(Dictionary<string, string> block, int set)
    {
        var bounds = Integers(block, "cat_boundaries");
        var words = Cells(block, "cat_threshold").Select(word => uint.Parse(word, CultureInfo.InvariantCulture)).ToArray();
        var values = new List<int>();
        for (var word = bounds[set]; word < bounds[set + 1]; word++)
        {
            for (var bits = words[word]; bits != 0; bits &= bits - 1)
            {
                values.Add(((word - bounds[set]) * 32) + BitOperations.TrailingZeroCount(bits));
            }
        }

        return values;
    }

    /// <summary>
    /// The largest float that is not above: for a float x, x ≤ it exactly where x ≤ the double.
    /// </summary>
    private static float RoundDown(double threshold)
    {
        var rounded = (float)threshold;
        return rounded > threshold ? MathF.BitDecrement(rounded) : rounded;
    }

    private static string[] Cells(Dictionary<string, string> block, string key) => block[key].Split(' ', StringSplitOptions.RemoveEmptyEntries);

    private static int[] Integers(Dictionary<string, string> block, string key) => [.. Cells(block, key).Select(cell => int.Parse(cell, CultureInfo.InvariantCulture))];

    /// <summary>A comparison that only tells missing values from others is with infinity.</summary>
    private static double Number(string cell) => cell switch
    {
        "inf" => double.PositiveInfinity,
        "-inf" => double.NegativeInfinity,
        _ => double.Parse(cell, CultureInfo.InvariantCulture),
    };
}
