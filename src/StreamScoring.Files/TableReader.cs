using StreamScoring.Configuration;
using StreamScoring.Mapping;

namespace StreamScoring.Files;

/// <summary>
/// Reads a table row by row: CSV (also .csv.gz) with a header line, Parquet, or JSON lines (.jsonl,
/// .ndjson, also .gz), told apart by the file's name.
/// </summary>
public abstract class TableReader : IDisposable
{
    private readonly HashSet<string> _repeated = new(StringComparer.Ordinal);

    /// <param name="header">Names as they stand there.</param>
    private protected TableReader(string path, IReadOnlyList<string> header) => (FilePath, Columns) = (path, Named(header));

    public string FilePath { get; }

    /// <summary>
    /// Names of the columns. Of several with one name the second is <c>NAME.1</c>, the third
    /// <c>NAME.2</c>; one without a name is <c>Unnamed: N</c>, N from 0: as pandas names them.
    /// </summary>
    public IReadOnlyList<string> Columns { get; }

    /// <summary>Names that stand more than once in the header.</summary>
    public IReadOnlySet<string> RepeatedNames => _repeated;

    /// <summary>Where the current row stands, for messages: <c>payments.csv:17</c>.</summary>
    public string Place => PlaceOf(Row);

    /// <summary>
    /// The current row's number: of its line in a text, from 0 in a Parquet file.
    /// </summary>
    public abstract int Row { get; }

    /// <summary>Where a row stands, for messages.</summary>
    public abstract string PlaceOf(int row);

    /// <exception cref="InvalidInputFileException">The file is missing or is no table.</exception>
    public static TableReader Open(string path) => Open(path, TableForm.Standard);

    /// <inheritdoc cref="Open(string)"/>
    /// <param name="path">The file.</param>
    /// <param name="form">How a text is cut into cells.</param>
    public static TableReader Open(string path, TableForm form)
    {
        try
        {
            return path.EndsWith(".parquet", StringComparison.OrdinalIgnoreCase) ? new ParquetTableReader(path)
                : JsonLinesTableReader.IsNamed(path) ? new JsonLinesTableReader(path)
                : new CsvTableReader(path, form);
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
        var index = Find(column);
        return !_repeated.Contains(column) ? index
            : throw new InvalidInputFileException($"{FilePath}: the column {column} is there more than once; rename or remove all but one");
    }

    /// <summary>The column of that name, the first where there are several.</summary>
    /// <exception cref="InvalidInputFileException">There is no such column.</exception>
    public int Find(string column)
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

    /// <summary>Hands the current row's cell to a plan.</summary>
    /// <param name="values">Takes it.</param>
    /// <param name="source">Its number there.</param>
    internal virtual void CopyTo(int column, SourceValues values, int source)
    {
        if (Text(column) is { } text)
        {
            values.Set(source, text, SourceKind.Cell);
        }
    }

    /// <returns>NaN for an empty cell.</returns>
    /// <exception cref="InvalidInputFileException">The cell is no number.</exception>
    public abstract double Number(int column);

    public abstract void Dispose();

    private List<string> Named(IReadOnlyList<string> header)
    {
        var (names, taken) = (new List<string>(header.Count), header.ToHashSet(StringComparer.Ordinal));
        var seen = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var i = 0; i < header.Count; i++)
        {
            var name = header[i].Length > 0 ? header[i] : $"Unnamed: {i}";
            if (!seen.TryAdd(name, 0))
            {
                _repeated.Add(name);
                var number = seen[name] + 1;
                while (taken.Contains($"{name}.{number}"))
                {
                    number++;
                }

                seen[name] = number;
                name = $"{name}.{number}";
                taken.Add(name);
            }

            names.Add(name);
        }

        return names;
    }

    private protected InvalidInputFileException NoNumber(int column, string text) => new($"{Place}: {Columns[column]} is {text}; expected a number");

    private protected InvalidInputFileException NotUtf8(int row, int column) =>
        new($"{PlaceOf(row)}: {Columns[column]} holds bytes that are no UTF-8; save the table in UTF-8");
}
