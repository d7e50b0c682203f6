using StreamScoring.Training.Rows;

namespace StreamScoring.Training.Linear;

/// <summary>
/// Logistic regression with a quadratic penalty, by Newton's method. Rows are added up in parts of
/// fixed size, one behind the other, so that the result is the same with any number of threads.
/// </summary>
/// <remarks>T. Hastie, R. Tibshirani and J. Friedman, The elements of statistical learning, 2009,
/// section 4.4.</remarks>
internal static class LogisticFit
{
    private const int StepsMax = 50, RowsPerPart = 16_384;

    /// <summary>A step that moves no weight by more is the last.</summary>
    private const double Enough = 1e-8;

    /// <param name="terms">What weights are of, about as large as 1.</param>
    /// <param name="fraudWeight">How much more a fraud counts than a genuine payment.</param>
    /// <param name="penalty">Of a weight's square; the last weight, which stands alone, has
    /// none.</param>
    /// <param name="stepped">Told of each step.</param>
    /// <returns>[terms + 1] Weights, and what is added to their sum.</returns>
    public static double[] Fit(LabelledRows rows, LogisticTerms terms, double fraudWeight, double penalty, Action<int> stepped, CancellationToken cancel)
    {
        var size = terms.Count + 1;
        var weights = new double[size];
        for (var step = 1; step <= StepsMax; step++)
        {
            cancel.ThrowIfCancellationRequested();
            var (gradient, hessian) = Sums(rows, terms, fraudWeight, weights);
            for (var i = 0; i < terms.Count; i++)
            {
                gradient[i] += penalty * weights[i];
                hessian[(i * size) + i] += penalty;
            }

            // Keeps the matrix invertible where frauds and genuine payments lie apart.
            hessian[^1] += 1e-9;
            Solve(hessian, gradient, size);
            var largest = 0.0;
            for (var i = 0; i < size; i++)
            {
                // A full step may overshoot where all rows are nearly certain.
                var move = Math.Clamp(gradient[i], -4, 4);
                weights[i] -= move;
                largest = Math.Max(largest, Math.Abs(move));
            }

            stepped(step);
            if (largest < Enough)
            {
                break;
            }
        }

        return weights;
    }

    private static (double[] Gradient, double[] Hessian) Sums(LabelledRows rows, LogisticTerms terms, double fraudWeight, double[] weights)
    {
        var size = weights.Length;
        var parts = new (double[] Gradient, double[] Hessian)[(rows.Count + RowsPerPart - 1) / RowsPerPart];
        Parallel.For(0, parts.Length, part =>
        {
            var (gradient, hessian, row) = (new double[size], new double[size * size], new double[size]);
            for (var i = part * RowsPerPart; i < Math.Min(rows.Count, (part + 1) * RowsPerPart); i++)
            {
                terms.Fill(rows.Rows[i], row);
                row[^1] = 1;
                var probability = LogisticModel.Sigmoid(LogisticModel.Sum(row, weights));
                var weight = rows.Frauds[i] ? fraudWeight : 1;
                var (miss, curve) = (weight * (probability - (rows.Frauds[i] ? 1 : 0)), weight * probability * (1 - probability));
                for (var a = 0; a < size; a++)
                {
                    gradient[a] += miss * row[a];
                    var scaled = curve * row[a];
                    for (var b = 0; b <= a; b++)
                    {
                        hessian[(a * size) + b] += scaled * row[b];
                    }
                }
            }

            parts[part] = (gradient, hessian);
        });

        var (allGradient, allHessian) = (new double[size], new double[size * size]);
        foreach (var (gradient, hessian) in parts)
        {
            for (var i = 0; i < allGradient.Length; i++)
            {
                allGradient[i] += gradient[i];
            }

            for (var i = 0; i < allHessian.Length; i++)
            {
                allHessian[i] += hessian[i];
            }
        }

        return (allGradient, allHessian);
    }

    /// <summary>
    /// Cholesky: the lower half of the matrix becomes its root, and the vector the solution.
    /// </summary>
    private static void Solve(double[] matrix, double[] vector, int size)
    {
        for (var column = 0; column < size; column++)
        {
            for (var row = column; row < size; row++)
            {
                var sum = matrix[(row * size) + column];
                for (var k = 0; k < column; k++)
                {
                    sum -= matrix[(row * size) + k] * matrix[(column * size) + k];
                }

                matrix[(row * size) + column] = row == column ? Math.Sqrt(Math.Max(sum, 1e-12)) : sum / matrix[(column * size) + column];
            }
        }

        for (var row = 0; row < size; row++)
        {
            for (var k = 0; k < row; k++)
            {
                vector[row] -= matrix[(row * size) + k] * vector[k];
            }

            vector[row] /= matrix[(row * size) + row];
        }

        for (var row = size - 1; row >= 0; row--)
        {
            for (var k = row + 1; k < size; k++)
            {
                vector[row] -= matrix[(k * size) + row] * vector[k];
            }

            vector[row] /= matrix[(row * size) + row];
        }
    }
}
