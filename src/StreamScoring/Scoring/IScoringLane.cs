using StreamScoring.Batches;

namespace StreamScoring.Scoring;

/// <summary>
/// One thread's way to run a model: its buffers are its own, so a lane is used by one caller at a
/// time.
/// </summary>
public interface IScoringLane : IDisposable
{
    /// <summary>
    /// Scores some rows of a matrix. Each row's output depends on that row alone.
    /// </summary>
    /// <param name="features">[features, rows] column-major; a missing number is NaN.</param>
    /// <param name="rows">[n] Which rows to score.</param>
    /// <param name="raw">[n] Filled with the model's own output, in the order of
    /// <paramref name="rows"/>.</param>
    /// <exception cref="ModelFailedException">The engine failed on some row, or took longer than it
    /// may.</exception>
    void Score(FeatureMatrix features, ReadOnlySpan<int> rows, Span<double> raw);

    /// <summary>
    /// Has the call that is running end soon with <see cref="ModelFailureKind.Stopped"/>, and every
    /// later one at once. From any thread.
    /// </summary>
    void Stop();
}
