using StreamScoring.Batches;

namespace StreamScoring.Onnx.Inputs;

/// <summary>
/// An input that a model takes as a whole number or a truth value. Those have no value for a
/// missing number, nor for one that is too large: such a row has no score, where a cast would give
/// it anything.
/// </summary>
/// <param name="Input">Which of the model's inputs.</param>
internal sealed record InputLimit(int Input, double Min, double Max)
{
    /// <returns>Null for a type that takes every number.</returns>
    public static InputLimit? Of(int input, ElementType type) => type.Range() is var (min, max) ? new InputLimit(input, min, max) : null;

    /// <summary>Takes the scores of rows whose input is beyond its limits.</summary>
    /// <param name="columns">By input, the column of the matrix.</param>
    public static void Apply(IReadOnlyList<InputLimit> limits, FeatureMatrix features, int[] columns, ReadOnlySpan<int> rows, Span<double> raw)
    {
        for (var i = 0; i < limits.Count; i++)
        {
            var limit = limits[i];
            var values = features.Column(columns[limit.Input]);
            for (var row = 0; row < rows.Length; row++)
            {
                raw[row] = Math.Truncate(values[rows[row]]) >= limit.Min && values[rows[row]] <= limit.Max ? raw[row] : double.NaN;
            }
        }
    }
}
