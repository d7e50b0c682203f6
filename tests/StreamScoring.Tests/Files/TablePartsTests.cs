using System.Text;
using CsCheck;
using StreamScoring.Configuration;
using StreamScoring.Files;

namespace StreamScoring.Tests.Files;

/// <summary>A long table as a folder of files.</summary>
public sealed class TablePartsTests : IDisposable
{
    private static readonly (string, bool)[] Columns = [("id", true), ("value", false)];

    private readonly string _folder = Directory.CreateTempSubdirectory("parts").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void However_often_writing_was_stopped_the_files_are_those_of_a_run_that_was_not() =>
        Gen.Select(Gen.Int[0, 60], Gen.Int[1, 9], Gen.Int[0, 60].Array[0, 4]).Sample((rows, rowsOfPart, stops) =>
        {
            var (whole, stopped) = (Path.Combine(_folder, $"{Guid.NewGuid():n}"), Path.Combine(_folder, $"{Guid.NewGuid():n}"));
            Write(whole, rows, rowsOfPart, stopAt: int.MaxValue);
            foreach (var stop in stops.Order())
            {
                Write(stopped, rows, rowsOfPart, stop);
            }

            Write(stopped, rows, rowsOfPart, stopAt: int.MaxValue);
            Assert.Equal(FilesOf(whole), FilesOf(stopped));
            Assert.Equal(rows, FilesOf(stopped).Keys.Where(name => name.EndsWith(".parquet", StringComparison.Ordinal)).Sum(name => RowsOf(Path.Combine(stopped, name))));
        }, iter: 60);

    [Fact]
    public void What_is_there_is_not_written_again_and_what_another_left_is_cleared_away()
    {
        var folder = Path.Combine(_folder, "a");
        Write(folder, 10, 3, stopAt: 8);
        File.WriteAllText(Path.Combine(folder, ".part-00003.parquet.1.partial"), "half");
        using var parts = TableParts.Open(folder, "one", Columns, 3);
        Assert.Equal((2, 6L, false), (parts.PartsFound, parts.RowsFound, parts.IsComplete));
        Assert.Equal(6, Enumerable.Range(0, 6).Count(_ => parts.Next() is null));
        Assert.NotNull(parts.Next());
        Assert.False(File.Exists(Path.Combine(folder, ".part-00003.parquet.1.partial")));
    }

    [Fact]
    public void Another_table_is_not_mixed_with_it()
    {
        var folder = Path.Combine(_folder, "a");
        Write(folder, 10, 3, stopAt: 8);
        Assert.Contains("parts of another table", Refused(folder, "two", 3), StringComparison.Ordinal);
        Assert.Contains("of 3 rows a file", Refused(folder, "one", 4), StringComparison.Ordinal);
        File.WriteAllText(Path.Combine(folder, "parts.json"), "{");
        Assert.Contains("holds other files", Refused(folder, "one", 3), StringComparison.Ordinal);
        Write(folder = Path.Combine(_folder, "b"), 10, 3, stopAt: int.MaxValue);
        Assert.True(TableParts.Open(folder, "one", Columns, 3).IsComplete);
    }

    private static string Refused(string folder, string identity, int rowsOfPart) => Assert.Throws<InvalidInputFileException>(() => TableParts.Open(folder, identity, Columns, rowsOfPart)).Message;

    private static void Write(string folder, int rows, int rowsOfPart, int stopAt)
    {
        using var parts = TableParts.Open(folder, "one", Columns, rowsOfPart);
        for (var row = 0; row < rows; row++)
        {
            if (row == stopAt)
            {
                return;
            }

            if (parts.Next() is { } writer)
            {
                writer.Text(Encoding.UTF8.GetBytes($"r{row}"));
                writer.Number(row / 7.0);
                writer.EndRow();
            }
        }

        parts.Complete();
    }

    private static Dictionary<string, string> FilesOf(string folder) =>
        Directory.EnumerateFiles(folder).Order(StringComparer.Ordinal).ToDictionary(path => Path.GetFileName(path), path => Convert.ToBase64String(File.ReadAllBytes(path)));

    private static int RowsOf(string path)
    {
        using var reader = TableReader.Open(path);
        var rows = 0;
        while (reader.Read())
        {
            rows++;
        }

        return rows;
    }
}
