using StreamScoring.Configuration;
using StreamScoring.Files;
using StreamScoring.Training.Rows;

namespace StreamScoring.Training;

/// <summary>Feature rows with labels, in the order of the file.</summary>
internal sealed class TrainingTable
{
    /// <summary>
    /// A category that is rarer than so many others is one of the rest: LightGBM keeps 255 bins.
    /// </summary>
    private const int TextsMax = 255;

    /// <summary>Numbers of categories are bits of a set.</summary>
    private const int CategoryMax = 65_535;

    private readonly RowMatrix _rows;
    private readonly List<bool> _labels = [];

    private TrainingTable(string path, IReadOnlyList<InputColumn> columns, bool hasTimes) => (Path, Columns, _rows, TimesMs) = (path, columns, new RowMatrix(columns.Count), hasTimes ? [] : null);

    public string Path { get; }

    /// <summary>With the texts that were found.</summary>
    public IReadOnlyList<InputColumn> Columns { get; private set; }

    /// <summary>[rows] ms since the Unix epoch; null where the table has no time.</summary>
    public List<long>? TimesMs { get; }

    public int Count => _labels.Count;

    /// <summary>Rows that are not here, because they have no label.</summary>
    public int UnlabelledCount { get; private set; }

    /// <exception cref="InvalidInputFileException">A column is missing, or a cell is no number,
    /// time or category.</exception>
    public static TrainingTable Read(string path, IReadOnlyList<InputColumn> columns, string label, string? time, Action<long> progress, CancellationToken cancel)
    {
        using var reader = TableReader.Open(path);
        int[] inputs = [.. columns.Select(column => reader.Require(column.Name))];
        var (labelColumn, timeColumn) = (reader.Require(label), time is null ? -1 : reader.Require(time));
        var table = new TrainingTable(path, columns, time is not null);
        // By input that is a text: numbers in the order in which they were first seen.
        var numbers = columns.Select(column => column.IsText ? new Dictionary<string, int>(StringComparer.Ordinal) : null).ToArray();
        while (reader.Read())
        {
            var fraud = reader.Number(labelColumn);
            if (double.IsNaN(fraud))
            {
                // Not known to be either: nothing to learn from.
                table.UnlabelledCount++;
                continue;
            }

            if (fraud is not (0 or 1))
            {
                throw new InvalidInputFileException($"{reader.Place}: {label} is {fraud}; expected 0 or 1");
            }

            var row = table._rows.Add();
            for (var i = 0; i < inputs.Length; i++)
            {
                row[i] = numbers[i] is { } known ? NumberOf(reader.Text(inputs[i]), known) : Value(reader, inputs[i], columns[i]);
            }

            table._labels.Add(fraud == 1);
            table.TimesMs?.Add(RowTime.Of(reader, timeColumn));
            if ((table.Count & 0xffff) == 0)
            {
                cancel.ThrowIfCancellationRequested();
                progress(table.Count);
            }
        }

        var frauds = table._labels.Count(fraud => fraud);
        if (frauds == 0 || frauds == table.Count)
        {
            throw new InvalidInputFileException($"{path}: {frauds} of {table.Count} rows are labelled fraud{(table.UnlabelledCount > 0 ? $" and {table.UnlabelledCount} have no label" : "")}; training needs rows of both kinds");
        }

        table.NumberTexts(numbers);
        return table;
    }

    public LabelledRows Select(IReadOnlyList<int> rows) => new(
        rows.Count == Count ? _rows : _rows.Select(rows), [.. rows.Select(row => _labels[row])], TimesMs is null ? null : [.. rows.Select(row => (int)(TimesMs[row] / RowTime.DayMs))]);

    private static float Value(TableReader reader, int column, InputColumn input)
    {
        var value = (float)reader.Number(column);
        return !input.IsCategory || float.IsNaN(value) || (value >= 0 && value <= CategoryMax && value == MathF.Truncate(value)) ? value
            : throw new InvalidInputFileException($"{reader.Place}: {input.Name} is {value}; a number that is a category is a whole one of 0..{CategoryMax}; take it out of --categorical, or make it a text in the feature file");
    }

    private static float NumberOf(string? text, Dictionary<string, int> known)
    {
        if (text is null)
        {
            return float.NaN;
        }

        if (!known.TryGetValue(text, out var number))
        {
            known.Add(text, number = known.Count);
        }

        return number;
    }

    /// <summary>The most frequent texts get the first numbers, and rare ones none.</summary>
    private void NumberTexts(Dictionary<string, int>?[] numbers)
    {
        var columns = Columns.ToArray();
        for (var i = 0; i < columns.Length; i++)
        {
            if (numbers[i] is not { } known)
            {
                continue;
            }

            var counts = new int[known.Count];
            for (var row = 0; row < Count; row++)
            {
                if (_rows[row][i] is >= 0 and var seen)
                {
                    counts[(int)seen]++;
                }
            }

            string[] texts = [.. known.OrderByDescending(pair => counts[pair.Value]).ThenBy(pair => pair.Key, StringComparer.Ordinal).Take(TextsMax).Select(pair => pair.Key)];
            var places = Enumerable.Repeat(float.NaN, counts.Length).ToArray();
            for (var place = 0; place < texts.Length; place++)
            {
                places[known[texts[place]]] = place;
            }

            _rows.Map(i, seen => float.IsNaN(seen) ? seen : places[(int)seen]);
            columns[i] = columns[i] with { Texts = texts };
        }

        Columns = columns;
    }
}
