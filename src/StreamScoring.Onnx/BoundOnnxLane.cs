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
    /// <summary>
    /// Trees are best scored 8 to 64 rows at a time, which is what a lane does unless it is told
    /// otherwise; a larger call only waits longer for its first row.
    /// </summary>
    private const int RowsMaxDefault = 64;

    private static readonly int[] Sizes = [1, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096];

    private readonly WatchedCall _call;
    private readonly OnnxShape _shape;
    private readonly int[] _columns;
    private readonly BoundBucket[] _buckets;

    /// <param name="rowsMax">Of a call; null: as most models like it.</param>
    public BoundOnnxLane(OnnxSession session, OnnxShape shape, IReadOnlyList<int> featureColumns, int? rowsMax)
    {
        (_call, _shape, _columns) = (new WatchedCall(session), shape, [.. featureColumns]);
        var largest = Math.Min(shape.Rows.Max, rowsMax ?? RowsMaxDefault);
        IEnumerable<int> more = shape.Rows.AreAlike ? [] : Sizes.Append(largest).Where(size => size > shape.Rows.Min && size <= largest).Distinct().Order();
        _buckets = [.. more.Prepend(shape.Rows.Min).Select(rows => new BoundBucket(session.Inner, shape, featureColumns.Count, rows))];
    }

    public void Score(FeatureMatrix features, ReadOnlySpan<int> rows, Span<double> raw)
    {
        _call.Begin(rows.Length);
        try
        {
            for (var done = 0; done < rows.Length;)
            {
                var bucket = BucketFor(rows.Length - done);
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

    /// <summary>
    /// The next size up, where padding costs less than half; else the largest that is filled.
    /// </summary>
    private BoundBucket BucketFor(int rowCount)
    {
        var filled = _buckets[0];
        foreach (var bucket in _buckets)
        {
            if (bucket.Rows >= rowCount)
            {
                return bucket.Rows * 2 <= rowCount * 3 ? bucket : filled;
            }

            filled = bucket;
        }

        return filled;
    }
}
