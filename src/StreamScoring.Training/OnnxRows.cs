using System.Text;
using StreamScoring.Batches;
using StreamScoring.Onnx;
using StreamScoring.Training.Rows;

namespace StreamScoring.Training;

/// <summary>Gives training rows to a model as the engine would.</summary>
internal static class OnnxRows
{
    private const int RowsPerCall = 1024;

    /// <returns>[rows] What the model gives.</returns>
    public static double[] Score(OnnxModel model, RowMatrix rows, IReadOnlyList<InputColumn> columns, Action<int> scored, CancellationToken cancel)
    {
        var raw = new double[rows.Count];
        var matrix = new FeatureMatrix(columns.Count, RowsPerCall);
        var texts = columns.Select(column => column.IsText ? new TextColumn(RowsPerCall) : null).ToArray();
        // A model of several tensors may list its inputs in another order.
        int[] places = [.. model.Inputs.Select(input => columns.Index().First(column => column.Item.Name == input.Name).Index)], all = [.. Enumerable.Range(0, RowsPerCall)];
        using var lane = model.OpenLane(places, RowsPerCall);
        for (var first = 0; first < rows.Count; first += RowsPerCall)
        {
            cancel.ThrowIfCancellationRequested();
            var count = Math.Min(RowsPerCall, rows.Count - first);
            Fill(matrix, texts, rows, columns, first, count);
            lane.Score(matrix, all.AsSpan(0, count), raw.AsSpan(first, count));
            scored(first + count);
        }

        return raw;
    }

    private static void Fill(FeatureMatrix matrix, TextColumn?[] texts, RowMatrix rows, IReadOnlyList<InputColumn> columns, int first, int count)
    {
        var bytes = new List<byte>();
        for (var i = 0; i < columns.Count; i++)
        {
            var column = matrix.Column(i);
            for (var row = 0; row < count; row++)
            {
                var value = rows[first + row][i];
                if (texts[i] is not { } text)
                {
                    column[row] = value;
                    continue;
                }

                var cell = Encoding.UTF8.GetBytes(columns[i].TextOf(value));
                (text.Start[row], text.Length[row]) = (bytes.Count, cell.Length);
                bytes.AddRange(cell);
            }
        }

        byte[] all = [.. bytes];
        for (var i = 0; i < columns.Count; i++)
        {
            if (texts[i] is { } text)
            {
                matrix.SetText(i, text, all);
            }
        }
    }
}
