namespace StreamScoring.Onnx.Trees;

/// <summary>
/// Gives a double its place among the thresholds that a feature is compared with, as a float. Two
/// numbers compare with a threshold as their places do, so trees of doubles are evaluated as trees
/// of floats.
/// </summary>
internal sealed class ThresholdRanks
{
    /// <summary>In order, each once.</summary>
    private readonly double[] _thresholds;

    /// <param name="thresholds">No NaN among them.</param>
    /// <exception cref="TreesNotCoveredException">They are more than floats can number.</exception>
    public ThresholdRanks(IEnumerable<double> thresholds)
    {
        _thresholds = [.. thresholds.Distinct().Order()];
        if (_thresholds.Length > 1 << 22)
        {
            throw new TreesNotCoveredException($"a feature is compared with {_thresholds.Length} numbers");
        }
    }

    /// <returns>The same trees, which compare places; and by feature where its places come
    /// from.</returns>
    public static (TreeEnsemble Ensemble, ThresholdRanks[] Ranks) Of(TreeEnsemble ensemble)
    {
        var thresholds = ensemble.Trees.SelectMany(tree => tree.Splits).ToLookup(split => split.Feature, split => split.Threshold);
        ThresholdRanks[] ranks = [.. Enumerable.Range(0, ensemble.Features.Count).Select(feature => new ThresholdRanks(thresholds[feature]))];
        DecisionTree Ranked(DecisionTree tree) =>
            tree with { Splits = [.. tree.Splits.Select(split => split with { Threshold = ranks[split.Feature].Of(split.Threshold) })] };
        return (ensemble with { Trees = [.. ensemble.Trees.Select(Ranked)] }, ranks);
    }

    /// <returns>Twice the number of thresholds below the value, and one more where it is a
    /// threshold; NaN of NaN.</returns>
    public float Of(double value)
    {
        if (double.IsNaN(value))
        {
            return float.NaN;
        }

        var first = 0;
        for (var count = _thresholds.Length; count > 0;)
        {
            var half = (count + 1) >> 1;
            // Added, not jumped to: which half it is cannot be foreseen.
            first += _thresholds[first + half - 1] < value ? half : 0;
            count -= half;
        }

        return (2 * first) + (first < _thresholds.Length && _thresholds[first] == value ? 1 : 0);
    }
}
