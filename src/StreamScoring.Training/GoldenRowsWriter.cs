using System.Text;
using StreamScoring.Files;
using StreamScoring.Onnx;
using StreamScoring.Training.Rows;

namespace StreamScoring.Training;

/// <summary>
/// Rows with known outputs. Each column is drawn on its own from the training rows, so that no real
/// payment's row leaves with the model.
/// </summary>
internal static class GoldenRowsWriter
{
    private const int Drawn = 256;

    public static void Write(string path, OnnxModel model, RowMatrix rows, IReadOnlyList<InputColumn> columns, int seed, CancellationToken cancel)
    {
        var random = new Random(seed);
        var golden = new RowMatrix(columns.Count);
        foreach (var value in (float[])[0, 1, -1, float.NaN, 1e6f])
        {
            golden.Add().Fill(value);
        }

        for (var i = 0; i < Drawn; i++)
        {
            var row = golden.Add();
            for (var column = 0; column < row.Length; column++)
            {
                row[column] = rows[random.Next(rows.Count)][column];
            }
        }

        var raw = OnnxRows.Score(model, golden, columns, _ => { }, cancel);
        using var writer = TableWriter.Create(path, [.. columns.Select(column => (column.Name, column.IsText)), (OnnxModelLoader.GoldenRawColumn, false)]);
        for (var row = 0; row < golden.Count; row++)
        {
            for (var column = 0; column < columns.Count; column++)
            {
                var value = golden[row][column];
                if (columns[column].IsText)
                {
                    writer.Text(Encoding.UTF8.GetBytes(columns[column].TextOf(value)));
                }
                else
                {
                    writer.Number(value);
                }
            }

            writer.Number(raw[row]);
            writer.EndRow();
        }

        writer.Complete();
    }
}
