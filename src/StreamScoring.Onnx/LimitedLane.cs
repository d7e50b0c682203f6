using StreamScoring.Batches;
using StreamScoring.Scoring;

namespace StreamScoring.Onnx;

/// <summary>
/// A lane of a model that computes so many calls at the same time at the most: the others wait, as
/// long as a call may take.
/// </summary>
/// <param name="file">The model's.</param>
/// <param name="room">One for each call that may be; the model's.</param>
/// <param name="callMax">How long a call may take.</param>
internal sealed class LimitedLane(string file, IScoringLane inner, SemaphoreSlim room, TimeSpan callMax) : IScoringLane
{
    private readonly CancellationTokenSource _stopping = new();

    public void Score(FeatureMatrix features, ReadOnlySpan<int> rows, Span<double> raw)
    {
        try
        {
            if (!room.Wait(callMax, _stopping.Token))
            {
                throw new ModelFailedException(file, ModelFailureKind.TimedOut, $"its other calls did not end within {callMax.TotalSeconds:0.#} s (models.callMax), and this one waits for one of them (models.engines, lanes)");
            }
        }
        catch (OperationCanceledException e)
        {
            throw new ModelFailedException(file, ModelFailureKind.Stopped, "its call was ended, as nobody waits for it any more", e);
        }

        try
        {
            inner.Score(features, rows, raw);
        }
        finally
        {
            room.Release();
        }
    }

    public void Stop()
    {
        inner.Stop();
        _stopping.Cancel();
    }

    public void Dispose()
    {
        inner.Dispose();
        _stopping.Dispose();
    }
}
