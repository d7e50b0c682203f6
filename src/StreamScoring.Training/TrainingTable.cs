using StreamScoring.Configuration;
using StreamScoring.Files;

namespace StreamScoring.Training;

/// <summary>Feature rows with labels, in the order of the file.</summary>
internal sealed class TrainingTable
{
    private TrainingTable(IReadOnlyList<string> inputs, List<float[]> rows, List<bool> labels, int fraudCount, int unlabelledCount) =>
        (Inputs, Rows, Labels, FraudCount, UnlabelledCount) = (inputs, rows, labels, fraudCount, unlabelledCount);

    public IReadOnlyList<string> Inputs { get; }

    /// <summary>[rows][inputs] As the model will see them; NaN is missing.</summary>
    public List<float[]> Rows { get; }

    public List<bool> Labels { get; }

    public int FraudCount { get; }

    /// <summary>Rows that are not here, because they have no label.</summary>
    public int UnlabelledCount { get; }

    /// <exception cref="InvalidInputFileException">A column is missing, a cell is no number, or no
    /// row has a label.</exception>
    public static TrainingTable Read(string path, IReadOnlyList<string> inputs, string label, Action<long> progress, CancellationToken cancel)
    {
        using var reader = TableReader.Open(path);
        var columns = inputs.Select(reader.Require).ToArray();
        var labelColumn = reader.Require(label);
        var (rows, labels, unlabelled) = (new List<float[]>(), new List<bool>(), 0);
        while (reader.Read())
        {
            var fraud = reader.Number(labelColumn);
            if (double.IsNaN(fraud))
            {
                // Not known to be either: nothing to learn from.
                unlabelled++;
                continue;
            }

            if (fraud is not (0 or 1))
            {
                throw new InvalidInputFileException($"{reader.Place}: {label} is {fraud}; expected 0 or 1");
            }

            var row = new float[columns.Length];
            for (var i = 0; i < columns.Length; i++)
            {
                row[i] = (float)reader.Number(columns[i]);
            }

            rows.Add(row);
            labels.Add(fraud == 1);
            if ((rows.Count & 0xffff) == 0)
            {
                cancel.ThrowIfCancellationRequested();
                progress(rows.Count);
            }
        }

        var frauds = labels.Count(fraud => fraud);
        return frauds > 0 && frauds < labels.Count ? new TrainingTable(inputs, rows, labels, frauds, unlabelled)
            : throw new InvalidInputFileException($"{path}: {frauds} of {labels.Count} rows are labelled fraud{(unlabelled > 0 ? $" and {unlabelled} have no label" : "")}; training needs rows of both kinds");
    }
}
