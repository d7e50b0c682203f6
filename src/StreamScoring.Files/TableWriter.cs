using StreamScoring.Configuration;

namespace StreamScoring.Files;

/// <summary>
/// Writes a table cell by cell: CSV (also .csv.gz) or Parquet, told apart by the file's name. The
/// file appears under its name only when it is complete.
/// </summary>
public abstract class TableWriter : IDisposable
{
    private const string ExtensionsText = ".csv, .csv.gz or .parquet";

    private static readonly string[] Extensions = [".csv", ".csv.gz", ".parquet"];

    private readonly string _path;

    private protected TableWriter(string path, string temporaryPath) => (_path, TemporaryPath) = (path, temporaryPath);

    private protected string TemporaryPath { get; }

    /// <exception cref="InvalidInputFileException">It is a folder, or its name does not end as that
    /// of a table does.</exception>
    public static void RequireTableName(string path)
    {
        if (Directory.Exists(path))
        {
            throw new InvalidInputFileException($"{path} is a folder; name a file in it that ends with {ExtensionsText}");
        }

        if (!Extensions.Any(extension => path.EndsWith(extension, StringComparison.OrdinalIgnoreCase)))
        {
            throw new InvalidInputFileException($"{path} is to be a table; name a file that ends with {ExtensionsText}");
        }
    }

    /// <param name="columns">Names, and whether a column holds text; the others hold
    /// numbers.</param>
    /// <exception cref="InvalidInputFileException">The file cannot be written there, or its name is
    /// no table's.</exception>
    public static TableWriter Create(string path, IReadOnlyList<(string Name, bool IsText)> columns)
    {
        RequireTableName(path);
        try
        {
            var folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
            Directory.CreateDirectory(folder);
            var temporaryPath = Path.Combine(folder, $".{Path.GetFileName(path)}.{Environment.ProcessId}.partial");
            return path.EndsWith(".parquet", StringComparison.OrdinalIgnoreCase)
                ? new ParquetTableWriter(path, temporaryPath, columns)
                : new CsvTableWriter(path, temporaryPath, columns);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidInputFileException($"{path} cannot be written: {e.Message}", e);
        }
    }

    /// <summary>
    /// Writes the next cell; NaN is an empty one. Numbers take the shortest form that reads back
    /// the same.
    /// </summary>
    public abstract void Number(double value);

    /// <summary>Writes the next cell, UTF-8; an empty text is an empty cell.</summary>
    public abstract void Text(ReadOnlySpan<byte> value);

    public abstract void EndRow();

    /// <summary>Finishes the file and gives it its name.</summary>
    public void Complete()
    {
        Finish();
        File.Move(TemporaryPath, _path, overwrite: true);
    }

    /// <summary>Without <see cref="Complete"/> nothing stays.</summary>
    public void Dispose()
    {
        Abandon();
        File.Delete(TemporaryPath);
        GC.SuppressFinalize(this);
    }

    private protected abstract void Finish();

    private protected abstract void Abandon();
}
