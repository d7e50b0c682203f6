using StreamScoring.Batches;

namespace StreamScoring.Scoring;

/// <summary>
/// One thread's way to ask which inputs pushed a row's output up: its buffers are its own, so an
/// explainer is used by one caller at a time.
/// </summary>
public interface IExplainer : IDisposable
{
    /// <summary>Rows that a call explains at the most.</summary>
    int RowsMax { get; }

    /// <summary>What each input did to the outputs of some rows.</summary>
    /// <param name="features">[features, rows] column-major; a missing number is NaN.</param>
    /// <param name="rows">[n] The rows of the matrix that are explained.</param>
    /// <param name="contributions">
    /// [n, inputs] Filled, row by row in the order of <see cref="IFraudModel.Inputs"/>; positive
    /// where the input pushed the risk up. For trees in units of what the trees add up to, before a
    /// transform such as the logistic one; else of the raw output, before link and calibration. 0
    /// for a text input of a model whose method does not vary texts.
    /// </param>
    /// <exception cref="ModelFailedException">The engine failed, or took longer than it
    /// may.</exception>
    void Explain(FeatureMatrix features, ReadOnlySpan<int> rows, Span<double> contributions);

    /// <summary>
    /// Has the call that is running end soon, and every later one at once. From any thread.
    /// </summary>
    void Stop();
}
