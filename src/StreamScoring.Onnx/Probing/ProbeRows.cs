using StreamScoring.Batches;
using StreamScoring.Scoring;

namespace StreamScoring.Onnx.Probing;

/// <summary>
/// The rows on which a model is tried: golden rows or rows of the table that it is to score, which
/// it must know; made up ones only where there are none, or all are alike. A made-up row may lie
/// outside of what a model takes: a code that it never saw, an index beyond its table.
/// </summary>
internal sealed class ProbeRows
{
    private const int RowsMax = 32, InventedRows = 8;

    private readonly string? _file;

    private ProbeRows(FeatureMatrix features, int[] rows, string? file) => (Features, Rows, _file) = (features, rows, file);

    public FeatureMatrix Features { get; }

    /// <summary>Which rows of the matrix.</summary>
    public IReadOnlyList<int> Rows { get; }

    /// <summary>
    /// True where nobody gave them, so that it says nothing of the model if it fails on them.
    /// </summary>
    public bool AreInvented => _file is null;

    /// <summary>Where they are from, for messages.</summary>
    public string Origin => _file is null ? "rows that the loader made up" : $"rows of {_file}";

    /// <summary>A row for messages.</summary>
    public string NameOf(int row) => _file is null ? $"row {row} of {InventedRows} that the loader made up" : $"row {row} of {_file}";

    /// <param name="file">The table's; rows are counted from 0, as it has them.</param>
    /// <returns>Some of a table, spread over it; null where it has none.</returns>
    public static ProbeRows? Of(ScoringTable table, string file)
    {
        var count = Math.Min(table.RowCount, RowsMax);
        return count == 0 ? null : new ProbeRows(table.Features, [.. Enumerable.Range(0, count).Select(i => (int)((long)i * table.RowCount / count))], file);
    }

    /// <summary>
    /// Zeros, ones, and random numbers of several sizes, always the same; empty texts.
    /// </summary>
    public static ProbeRows Invented(IReadOnlyList<ModelInput> inputs)
    {
        var random = new Random(20_180_401);
        var matrix = new FeatureMatrix(inputs.Count, InventedRows);
        for (var i = 0; i < inputs.Count; i++)
        {
            if (inputs[i].IsText)
            {
                matrix.SetText(i, new TextColumn(InventedRows), []);
            }

            for (var row = 0; row < InventedRows; row++)
            {
                matrix.Column(i)[row] = row < 2 ? row : Math.Round(random.NextDouble() * Math.Pow(10, row % 4), 3);
            }
        }

        return new ProbeRows(matrix, [.. Enumerable.Range(0, InventedRows)], file: null);
    }

    /// <summary>
    /// Whether some row differs from another: else they do not show whether rows of a call
    /// influence each other.
    /// </summary>
    public bool Differ(IReadOnlyList<ModelInput> inputs) => Rows.Any(row => Enumerable.Range(0, inputs.Count).Any(input => inputs[input].IsText
        ? !Text(input, row).SequenceEqual(Text(input, Rows[0]))
        : !Features.Column(input)[row].Equals(Features.Column(input)[Rows[0]])));

    private ReadOnlySpan<byte> Text(int input, int row) => Features.TextOf(input)!.Value(Features.TextBytes, row);
}
