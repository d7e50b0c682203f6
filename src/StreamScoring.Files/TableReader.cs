using StreamScoring.Configuration;

namespace StreamScoring.Files;

/// <summary>
/// Reads a table row by row: CSV (also .csv.gz) with a header line, or Parquet, told apart by the
/// file's name.
/// </summary>
public abstract class TableReader : IDisposable
{
    /// <exception cref="InvalidInputFileException">Two columns have one name.</exception>
    private protected TableReader(string path, IReadOnlyList<string> columns)
    {
        (FilePath, Columns) = (path, columns);
        if (columns.Where(column => column.Length > 0).GroupBy(column => column, StringComparer.Ordinal).FirstOrDefault(same => same.Count() > 1) is { } twice)
        {
            throw new InvalidInputFileException($"{path}: the column {twice.Key} is there {twice.Count()} times; rename or remove all but one");
        }
    }

    public string FilePath { get; }

    public IReadOnlyList<string> Columns { get; }

    /// <summary>Where the current row stands, for messages: <c>payments.csv:17</c>.</summary>
    public string Place => PlaceOf(Row);

    /// <summary>
    /// The current row's number: of its line in a text, from 0 in a Parquet file.
    /// </summary>
    public abstract int Row { get; }

    /// <summary>Where a row stands, for messages.</summary>
    public abstract string PlaceOf(int row);

    /// <exception cref="InvalidInputFileException">The file is missing or is no table.</exception>
    public static TableReader Open(string path)
    {
        try
        {
            return path.EndsWith(".parquet", StringComparison.OrdinalIgnoreCase) ? new ParquetTableReader(path) : new CsvTableReader(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            throw new InvalidInputFileException($"{path}: {e.Message}", e);
        }
    }

    /// <returns>-1 where there is no such column.</returns>
    public int IndexOf(string column)
    {
        for (var i = 0; i < Columns.Count; i++)
        {
            if (Columns[i] == column)
            {
                return i;
            }
        }

        return -1;
    }

    /// <exception cref="InvalidInputFileException">There is no such column.</exception>
    public int Require(string column)
    {
        var index = IndexOf(column);
        return index >= 0 ? index : throw new InvalidInputFileException(Nearest.To(column, Columns) is { } near
            ? $"{FilePath}: there is no column {column}; did you mean {near}?"
            : $"{FilePath}: there is no column {column}; its columns are {string.Join(", ", Columns)}");
    }

    /// <summary>Whether the file itself says that a column holds numbers, which a text
    /// cannot.</summary>
    public abstract bool HoldsNumbers(int column);

    /// <summary>Steps to the next row.</summary>
    /// <exception cref="InvalidInputFileException">The row is malformed.</exception>
    public abstract bool Read();

    /// <returns>Null for an empty cell.</returns>
    public abstract string? Text(int column);

    /// <returns>NaN for an empty cell.</returns>
    /// <exception cref="InvalidInputFileException">The cell is no number.</exception>
    public abstract double Number(int column);

    public abstract void Dispose();

    private protected InvalidInputFileException NoNumber(int column, string text) => new($"{Place}: {Columns[column]} is {text}; expected a number");

    private protected InvalidInputFileException NotUtf8(int row, int column) =>
        new($"{PlaceOf(row)}: {Columns[column]} holds bytes that are no UTF-8; save the table in UTF-8");
}
