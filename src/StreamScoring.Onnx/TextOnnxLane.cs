using System.Text;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using StreamScoring.Batches;
using StreamScoring.Onnx.Inputs;
using StreamScoring.Onnx.Sessions;
using StreamScoring.Scoring;

namespace StreamScoring.Onnx;

/// <summary>
/// A lane for models that take text: the runtime copies strings for itself, so tensors are made
/// anew for each call.
/// </summary>
/// <param name="rowsMax">Of a call; null: all of them.</param>
internal sealed class TextOnnxLane(OnnxSession session, OnnxShape shape, IReadOnlyList<ModelInput> inputs, IReadOnlyList<int> featureColumns, int? rowsMax) : IScoringLane
{
    private readonly WatchedCall _call = new(session);
    private readonly string[] _outputs = [shape.OutputName];
    private readonly int[] _columns = [.. featureColumns];

    public void Score(FeatureMatrix features, ReadOnlySpan<int> rows, Span<double> raw)
    {
        _call.Begin(rows.Length);
        try
        {
            for (var done = 0; done < rows.Length;)
            {
                var count = Math.Min(Math.Min(shape.Rows.DifferentMax, rowsMax ?? int.MaxValue), rows.Length - done);
                Run(features, Filled(rows.Slice(done, count)), raw.Slice(done, count));
                done += count;
            }

            InputLimit.Apply(shape.Limits, features, _columns, rows, raw);
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

    public void Dispose() => _call.Dispose();

    /// <returns>As many rows as a call needs: behind them copies of the first.</returns>
    private ReadOnlySpan<int> Filled(ReadOnlySpan<int> rows)
    {
        if (rows.Length >= shape.Rows.Min)
        {
            return rows;
        }

        var filled = new int[shape.Rows.Min];
        Array.Fill(filled, rows[0]);
        rows.CopyTo(filled);
        return filled;
    }

    private void Run(FeatureMatrix features, ReadOnlySpan<int> rows, Span<double> raw)
    {
        var values = new List<OrtValue>(inputs.Count);
        try
        {
            for (var i = 0; i < inputs.Count; i++)
            {
                values.Add(inputs[i].IsText ? Texts(features, featureColumns[i], rows) : Numbers(features.Column(featureColumns[i]), rows));
            }

            using var results = _call.Session.Run(_call.Options, shape.InputNames, values, _outputs);
            for (var row = 0; row < raw.Length; row++)
            {
                var at = (row * shape.OutputColumns) + shape.OutputColumn;
                raw[row] = shape.OutputIsDouble ? results[0].GetTensorDataAsSpan<double>()[at] : results[0].GetTensorDataAsSpan<float>()[at];
            }
        }
        finally
        {
            values.ForEach(value => value.Dispose());
        }
    }

    private OrtValue Numbers(ReadOnlySpan<double> column, ReadOnlySpan<int> rows)
    {
        if (shape.IsDouble)
        {
            var doubles = new double[rows.Length];
            for (var row = 0; row < rows.Length; row++)
            {
                doubles[row] = column[rows[row]];
            }

            return OrtValue.CreateTensorValueFromMemory(doubles, ShapeOf(rows.Length));
        }

        var floats = new float[rows.Length];
        for (var row = 0; row < rows.Length; row++)
        {
            floats[row] = (float)column[rows[row]];
        }

        return OrtValue.CreateTensorValueFromMemory(floats, ShapeOf(rows.Length));
    }

    private OrtValue Texts(FeatureMatrix features, int featureColumn, ReadOnlySpan<int> rows)
    {
        var texts = new string[rows.Length];
        var column = features.TextOf(featureColumn);
        for (var row = 0; row < rows.Length; row++)
        {
            texts[row] = column is null ? "" : Encoding.UTF8.GetString(column.Value(features.TextBytes, rows[row]));
        }

        return OrtValue.CreateFromStringTensor(new DenseTensor<string>(texts, [.. ShapeOf(rows.Length).Select(size => (int)size)]));
    }

    private long[] ShapeOf(int rowCount) => shape.InputRank == 1 ? [rowCount] : [rowCount, 1];
}
