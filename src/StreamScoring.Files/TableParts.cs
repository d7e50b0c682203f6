using System.Globalization;
using System.Text.Json;
using StreamScoring.Configuration;

namespace StreamScoring.Files;

/// <summary>
/// A long table as a folder of files of so many rows each. Whoever was stopped while writing it
/// goes on where it ended: files that are there are whole, and are not written again.
/// </summary>
public sealed class TableParts : IDisposable
{
    private const string StateFile = "parts.json", Extension = ".parquet", Partial = ".partial";

    private readonly string _folder;
    private readonly IReadOnlyList<(string Name, bool IsText)> _columns;
    private readonly int _rowsOfPart;
    private readonly State _state;
    private TableWriter? _part;
    private long _row;

    private TableParts(string folder, IReadOnlyList<(string, bool)> columns, int rowsOfPart, State state) => (_folder, _columns, _rowsOfPart, _state) = (folder, columns, rowsOfPart, state);

    /// <summary>Files that were there.</summary>
    public int PartsFound { get; private init; }

    /// <summary>Rows that were there and are not written again.</summary>
    public long RowsFound => (long)PartsFound * _rowsOfPart;

    /// <summary>Whether all of it was there.</summary>
    public bool IsComplete => _state.IsComplete;

    /// <param name="folder">Empty, not there yet, or holding parts of the same table.</param>
    /// <param name="identity">Of all that the rows are made of: with another one the folder holds
    /// another table.</param>
    /// <param name="columns">As for <see cref="TableWriter.Create"/>.</param>
    /// <param name="rowsOfPart">Rows of a file, but for the last one.</param>
    /// <exception cref="InvalidInputFileException">The folder holds something else, or cannot be
    /// written.</exception>
    public static TableParts Open(string folder, string identity, IReadOnlyList<(string Name, bool IsText)> columns, int rowsOfPart)
    {
        try
        {
            var state = new State(identity, rowsOfPart, IsComplete: false);
            var path = Path.Combine(folder, StateFile);
            if (Directory.CreateDirectory(folder).EnumerateFileSystemInfos().Any())
            {
                state = Read(path) is not { } before ? throw new InvalidInputFileException($"{folder} holds other files; name an empty folder, or one that is not there yet")
                    : before.Identity == identity && before.RowsOfPart == rowsOfPart ? before
                    : throw new InvalidInputFileException($"{folder} holds parts of another table: of other inputs or options, or of {before.RowsOfPart:N0} rows a file; name another folder, or delete it");
                foreach (var partial in Directory.EnumerateFiles(folder, $".*{Partial}"))
                {
                    File.Delete(partial);
                }
            }
            else
            {
                Write(path, state);
            }

            var found = 0;
            while (File.Exists(PathOf(folder, found)))
            {
                found++;
            }

            return new TableParts(folder, columns, rowsOfPart, state) { PartsFound = found };
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidInputFileException($"{folder} cannot be written: {e.Message}", e);
        }
    }

    /// <summary>Begins the next row.</summary>
    /// <returns>Where it is to be written; null where it is there already.</returns>
    public TableWriter? Next()
    {
        var (part, row) = Math.DivRem(_row++, _rowsOfPart);
        if (part < PartsFound)
        {
            return null;
        }

        if (row == 0)
        {
            CompletePart();
            _part = TableWriter.Create(PathOf(_folder, part), _columns);
        }

        return _part;
    }

    /// <summary>All rows are written.</summary>
    public void Complete()
    {
        CompletePart();
        if (_row == 0 && PartsFound == 0)
        {
            // A table without rows has its columns all the same.
            _part = TableWriter.Create(PathOf(_folder, 0), _columns);
            CompletePart();
        }

        Write(Path.Combine(_folder, StateFile), _state with { IsComplete = true });
    }

    /// <summary>Without <see cref="Complete"/> whole files stay.</summary>
    public void Dispose() => _part?.Dispose();

    private static string PathOf(string folder, long part) => Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"part-{part + 1:00000}{Extension}"));

    private static State? Read(string path)
    {
        try
        {
            return File.Exists(path) ? JsonSerializer.Deserialize<State>(File.ReadAllText(path)) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static void Write(string path, State state)
    {
        var temporary = $"{path}{Partial}";
        File.WriteAllText(temporary, JsonSerializer.Serialize(state));
        File.Move(temporary, path, overwrite: true);
    }

    private void CompletePart()
    {
        _part?.Complete();
        _part?.Dispose();
        _part = null;
    }

    private sealed record State(string Identity, int RowsOfPart, bool IsComplete);
}
