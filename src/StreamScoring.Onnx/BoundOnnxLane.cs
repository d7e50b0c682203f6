using Microsoft.ML.OnnxRuntime;
using StreamScoring.Batches;
using StreamScoring.Onnx.Inputs;
using StreamScoring.Onnx.Sessions;
using StreamScoring.Scoring;

namespace StreamScoring.Onnx;

/// <summary>
/// A lane for numbers: inputs and outputs are bound once, over arrays of a few sizes, so that a
/// call allocates nothing.
/// </summary>
internal sealed class BoundOnnxLane : IScoringLane
{
    private readonly WatchedCall _call;
    private readonly OnnxShape _shape;
    private readonly int[] _columns;
    private readonly CallSizes _sizes;
    private readonly BoundBucket[] _buckets;

    /// <param name="sizes">Of calls.</param>
    public BoundOnnxLane(OnnxSession session, OnnxShape shape, IReadOnlyList<int> featureColumns, CallSizes sizes)
    {
        (_call, _shape, _columns) = (new WatchedCall(session), shape, [.. featureColumns]);
        (_sizes, _buckets) = (sizes, [.. sizes.Sizes.Select(rows => new BoundBucket(session.Inner, shape, featureColumns.Count, rows))]);
    }

    public void Score(FeatureMatrix features, ReadOnlySpan<int> rows, Span<double> raw)
    {
        _call.Begin(rows.Length);
        try
        {
            for (var done = 0; done < rows.Length;)
            {
                var bucket = _buckets[_sizes.Next(rows.Length - done)];
                var count = Math.Min(Math.Min(bucket.Rows, _shape.Rows.DifferentMax), rows.Length - done);
                bucket.Fill(features, _columns, rows.Slice(done, count));
                _call.Session.RunWithBinding(_call.Options, bucket.Binding);
                bucket.Read(_shape.OutputColumns, _shape.OutputColumn, raw.Slice(done, count));
                done += count;
            }

            InputLimit.Apply(_shape.Limits, features, _columns, rows, raw);
        }
        catch (OnnxRuntimeException e)
        {
            throw _call.Failed(e);
        }
        finally
        {
            _call.End();
        }
    }

    public void Stop() => _call.Stop();

    public void Dispose()
    {
        foreach (var bucket in _buckets)
        {
            bucket.Dispose();
        }

        _call.Dispose();
    }
}
