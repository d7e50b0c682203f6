using StreamScoring.Configuration;
using StreamScoring.Files;

namespace StreamScoring.Host.Evaluating;

/// <summary>Which of a table's columns are the inputs of a bare model file.</summary>
/// <param name="inputs">Names, separated by commas, in the model's order; null where they are the
/// columns that are left.</param>
/// <param name="ignored">Names, separated by commas, of columns that are none.</param>
/// <param name="columnsFile">The table's columns file, whose label is none.</param>
internal sealed class InputChoice(string? inputs, string? ignored, string? columnsFile)
{
    /// <summary>Whether somebody said which they are, and in which order.</summary>
    public bool AreChosen => inputs is not null;

    /// <summary>Those that somebody named, in the model's order; empty where nobody did.</summary>
    public IReadOnlyList<string> Chosen => Names(inputs);

    /// <summary>Whether anything was said.</summary>
    public bool SaysAnything => inputs is not null || ignored is not null || columnsFile is not null;

    /// <summary>Columns are ignored of a table.</summary>
    /// <param name="option">That would name it.</param>
    /// <exception cref="InvalidInputFileException">There is none, and columns are
    /// ignored.</exception>
    public void RequireTable(string? table, string option)
    {
        if (table is null && (ignored is not null || columnsFile is not null))
        {
            throw new InvalidInputFileException($"{(ignored is not null ? "--ignore" : "--columns")} is given, and no table whose columns it is of; give one by {option}, or leave it out");
        }
    }

    /// <param name="told">What comes with the model says they are; empty: it says nothing.</param>
    /// <exception cref="InvalidInputFileException">A name is no column, or nothing is
    /// left.</exception>
    public IReadOnlyList<string> ColumnsOf(string tablePath, IReadOnlyList<string> told)
    {
        using var table = TableReader.Open(tablePath);
        var (chosen, others) = (inputs is null ? [.. told] : Names(inputs), Names(ignored).ToHashSet(StringComparer.Ordinal));
        foreach (var name in chosen.Concat(others))
        {
            table.Require(name);
        }

        if (chosen.FirstOrDefault(others.Contains) is { } both)
        {
            throw new InvalidInputFileException($"{both} is named by --inputs and by --ignore");
        }

        others.Add("payment_id");
        if (columnsFile is not null && ColumnsFile.Load(columnsFile).LabelColumn is { } label)
        {
            others.Add(label);
        }

        List<string> columns = chosen.Count > 0 ? chosen : [.. table.Columns.Where(column => !others.Contains(column))];
        return columns.Count > 0 ? columns : throw new InvalidInputFileException($"{tablePath}: no column is left for the model's inputs; its columns are {string.Join(", ", table.Columns)}");
    }

    /// <summary>A model folder names its inputs itself.</summary>
    /// <returns>The folder.</returns>
    /// <exception cref="InvalidInputFileException">Inputs are chosen all the same.</exception>
    public string RequireNone(string modelFolder) => inputs is null && ignored is null ? modelFolder
        : throw new InvalidInputFileException($"--inputs and --ignore go with a bare .onnx file; the card of {modelFolder} says which columns are its inputs");

    private static List<string> Names(string? text) => [.. (text ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)];
}
