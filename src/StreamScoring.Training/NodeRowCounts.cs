namespace StreamScoring.Training;

/// <summary>
/// Counts the training rows that reach each node of a tree. LightGBM knows them
/// (<c>internal_count</c>, <c>leaf_count</c>), but ML.NET does not hand them out; without row
/// sampling, which the trainer does not use, they are these.
/// </summary>
internal static class NodeRowCounts
{
    /// <param name="features">[splits] The feature that a split compares; the first split is the
    /// root.</param>
    /// <param name="thresholds">[splits] A row goes left where value ≤ threshold.</param>
    /// <param name="left">[splits] A split's index, or ~leaf.</param>
    /// <param name="right">[splits] The same.</param>
    /// <param name="leafCount">One more than there are splits.</param>
    /// <param name="rows">[rows][features] A missing value, NaN, counts as zero, as it does in
    /// training.</param>
    /// <returns>[splits + leaves] The splits, then the leaves.</returns>
    public static long[] Of(int[] features, float[] thresholds, int[] left, int[] right, int leafCount, IReadOnlyList<float[]> rows)
    {
        var counts = new long[features.Length + leafCount];
        foreach (var row in rows)
        {
            var at = features.Length > 0 ? 0 : ~0;
            while (at >= 0)
            {
                counts[at]++;
                var value = row[features[at]];
                at = (float.IsNaN(value) ? 0 : value) <= thresholds[at] ? left[at] : right[at];
            }

            counts[features.Length + ~at]++;
        }

        return counts;
    }
}
