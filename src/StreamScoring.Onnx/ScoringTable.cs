using System.Text;
using StreamScoring.Batches;
using StreamScoring.Configuration;
using StreamScoring.Files;
using StreamScoring.Scoring;

namespace StreamScoring.Onnx;

/// <summary>
/// A table's rows as a feature matrix for a model, for scoring files and golden rows.
/// </summary>
public sealed class ScoringTable
{
    private ScoringTable(FeatureMatrix features, IReadOnlyList<string?> ids) => (Features, Ids) = (features, ids);

    /// <summary>One column per model input.</summary>
    public FeatureMatrix Features { get; }

    /// <summary>By row: payment_id; null where the table has none.</summary>
    public IReadOnlyList<string?> Ids { get; }

    public int RowCount => Ids.Count;

    /// <param name="rowsMax">Rows that are read; the rest of the table is not looked at.</param>
    /// <exception cref="InvalidInputFileException">A column is missing, or a cell is no
    /// number.</exception>
    public static ScoringTable Read(string path, IReadOnlyList<ModelInput> inputs, int rowsMax = int.MaxValue)
    {
        using var reader = TableReader.Open(path);
        var columns = inputs.Select(input => reader.Require(input.Name)).ToArray();
        var id = reader.IndexOf("payment_id");
        var numbers = inputs.Select(_ => new List<double>()).ToArray();
        var texts = inputs.Select(_ => new List<byte[]>()).ToArray();
        var ids = new List<string?>();
        while (ids.Count < rowsMax && reader.Read())
        {
            ids.Add(id < 0 ? null : reader.Text(id));
            for (var i = 0; i < columns.Length; i++)
            {
                if (inputs[i].IsText)
                {
                    texts[i].Add(Encoding.UTF8.GetBytes(reader.Text(columns[i]) ?? ""));
                }
                else
                {
                    numbers[i].Add(reader.Number(columns[i]));
                }
            }
        }

        var matrix = new FeatureMatrix(inputs.Count, Math.Max(1, ids.Count));
        var bytes = texts.SelectMany(column => column).SelectMany(text => text).ToArray();
        var start = 0;
        for (var i = 0; i < columns.Length; i++)
        {
            if (!inputs[i].IsText)
            {
                numbers[i].ToArray().CopyTo(matrix.Column(i));
                continue;
            }

            var column = new TextColumn(Math.Max(1, ids.Count));
            for (var row = 0; row < ids.Count; row++)
            {
                (column.Start[row], column.Length[row]) = (start, texts[i][row].Length);
                start += texts[i][row].Length;
            }

            matrix.SetText(i, column, bytes);
        }

        return new ScoringTable(matrix, ids);
    }
}
