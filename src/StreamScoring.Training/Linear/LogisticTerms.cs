using StreamScoring.Training.Rows;

namespace StreamScoring.Training.Linear;

/// <summary>
/// What a row's inputs become: each less its mean, in standard deviations, where a missing value is
/// the mean; and for each input that was ever missing 1 where it is.
/// </summary>
internal sealed class LogisticTerms
{
    private readonly double[] _inverse;

    private LogisticTerms(double[] means, double[] deviations, int[] missing)
    {
        (Means, Deviations, Missing) = (means, deviations, missing);
        _inverse = Array.ConvertAll(deviations, deviation => 1 / deviation);
    }

    /// <summary>[inputs] Of the values that are there.</summary>
    public double[] Means { get; }

    /// <summary>[inputs] 1 where all values are alike.</summary>
    public double[] Deviations { get; }

    /// <summary>Inputs that have a term of their own for a missing value.</summary>
    public int[] Missing { get; }

    public int Count => Means.Length + Missing.Length;

    public static LogisticTerms Of(RowMatrix rows)
    {
        var (means, deviations, missing) = (new double[rows.Columns], new double[rows.Columns], new List<int>());
        for (var input = 0; input < rows.Columns; input++)
        {
            var (count, sum, squares) = (0, 0.0, 0.0);
            for (var row = 0; row < rows.Count; row++)
            {
                var value = rows[row][input];
                if (float.IsFinite(value))
                {
                    (count, sum) = (count + 1, sum + value);
                }
            }

            var mean = count == 0 ? 0 : sum / count;
            for (var row = 0; row < rows.Count; row++)
            {
                var value = rows[row][input];
                squares += float.IsFinite(value) ? (value - mean) * (value - mean) : 0;
            }

            var deviation = count == 0 ? 0 : Math.Sqrt(squares / count);
            // What the model computes in floats later, it is fitted with.
            (means[input], deviations[input]) = ((float)mean, deviation > 1e-12 ? deviation : 1);
            if (count < rows.Count)
            {
                missing.Add(input);
            }
        }

        return new LogisticTerms(means, deviations, [.. missing]);
    }

    /// <param name="terms">[terms, or more]</param>
    public void Fill(ReadOnlySpan<float> row, Span<double> terms)
    {
        for (var input = 0; input < Means.Length; input++)
        {
            var value = row[input];
            terms[input] = float.IsNaN(value) ? 0 : (value - Means[input]) * _inverse[input];
        }

        for (var i = 0; i < Missing.Length; i++)
        {
            terms[Means.Length + i] = float.IsNaN(row[Missing[i]]) ? 1 : 0;
        }
    }
}
