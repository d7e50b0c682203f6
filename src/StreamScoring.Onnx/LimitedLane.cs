using StreamScoring.Batches;
using StreamScoring.Scoring;

namespace StreamScoring.Onnx;

/// <summary>
/// A lane of a model that computes so many calls at the same time at the most: the others wait.
/// </summary>
/// <param name="room">One for each call that may be; the model's.</param>
internal sealed class LimitedLane(IScoringLane inner, SemaphoreSlim room) : IScoringLane
{
    public void Score(FeatureMatrix features, ReadOnlySpan<int> rows, Span<double> raw)
    {
        // A call that does not come to an end is ended, so it is not waited for without end.
        room.Wait();
        try
        {
            inner.Score(features, rows, raw);
        }
        finally
        {
            room.Release();
        }
    }

    public void Stop() => inner.Stop();

    public void Dispose() => inner.Dispose();
}
