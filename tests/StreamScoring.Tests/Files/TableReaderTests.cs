using System.Globalization;
using System.IO.Compression;
using System.Text;
using Parquet;
using Parquet.Schema;
using StreamScoring.Configuration;
using StreamScoring.Files;

namespace StreamScoring.Tests.Files;

public sealed class TableReaderTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("tables").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_gzip_file_gives_its_rows_and_every_shorter_part_of_it_is_refused()
    {
        var whole = Gzip("a,b\n" + string.Concat(Enumerable.Range(0, 500).Select(i => $"{i},{i * 7919 % 1000}\n")));
        Assert.Equal(500, CountRows(whole));
        for (var length = 1; length < whole.Length; length += length < 40 || whole.Length - length < 40 ? 1 : 37)
        {
            Assert.Throws<InvalidInputFileException>(() => CountRows(whole[..length]));
        }
    }

    [Fact]
    public void A_gzip_file_of_several_members_is_read_to_its_end() => Assert.Equal(3, CountRows([.. Gzip("a\n1\n"), .. Gzip("2\n3\n")]));

    [Fact]
    public void A_gzip_file_larger_than_every_buffer_comes_out_byte_for_byte()
    {
        var lines = Enumerable.Range(0, 200_000).Select(i => (i * 31L % 1_000_003).ToString(CultureInfo.InvariantCulture)).ToList();
        using var reader = TableReader.Open(Write("big.csv.gz", Gzip("a\n" + string.Join('\n', lines) + "\n")));
        foreach (var line in lines)
        {
            Assert.True(reader.Read());
            Assert.Equal(line, reader.Text(0));
        }

        Assert.False(reader.Read());
    }

    [Theory]
    [InlineData("a,b\r\n\"1,\"\"x\"\"\",2\r\n", "1,\"x\"")]
    [InlineData("\ufeffa,b\n1,2\n", "1")]
    [InlineData("a,b\n\"1\n2\",2", "1\n2")]
    public void Byte_order_marks_line_ends_and_quotes_are_read_as_the_RFC_says(string text, string first)
    {
        using var reader = TableReader.Open(Write("t.csv", Encoding.UTF8.GetBytes(text)));
        Assert.Equal(["a", "b"], reader.Columns);
        Assert.True(reader.Read());
        Assert.Equal((first, "2"), (reader.Text(0), reader.Text(1)));
        Assert.False(reader.Read());
    }

    [Fact]
    public void A_header_alone_is_a_table_without_rows()
    {
        using var reader = TableReader.Open(Write("t.csv", "a,b\n"u8.ToArray()));
        Assert.False(reader.Read());
    }

    [Theory]
    [InlineData("a,b,a\n1,2,3\n", "the column a is there 2 times")]
    [InlineData("", "the file is empty")]
    [InlineData("a,b\n1\n", "t.csv:2: the row has 1 cells and the header has 2")]
    public void A_malformed_table_is_refused_and_the_message_says_where(string text, string problem)
    {
        var path = Write("t.csv", Encoding.UTF8.GetBytes(text));
        var error = Assert.Throws<InvalidInputFileException>(() =>
        {
            using var reader = TableReader.Open(path);
            reader.Read();
        });
        Assert.Contains(problem, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Parquet_columns_of_every_usual_type_are_read_with_and_without_missing_values()
    {
        var time = new DateTime(2024, 2, 29, 12, 34, 56, 789, DateTimeKind.Utc);
        var path = Path.Combine(_folder, "t.parquet");
        await WriteParquetAsync(
            path,
            (new DataField<long>("long"), new long[] { 1, 2 }),
            (new DataField<int>("int"), new[] { 3, 4 }),
            (new DataField<int?>("int_or_none"), new int?[] { 5, null }),
            (new DataField<uint>("uint"), new uint[] { 6, uint.MaxValue }),
            (new DataField<ulong>("ulong"), new ulong[] { 7, 8 }),
            (new DataField<short>("short"), new short[] { 7, -8 }),
            (new DataField<sbyte>("sbyte"), new sbyte[] { 7, -8 }),
            (new DataField<float>("float"), new[] { 0.5f, float.NaN }),
            (new DataField<double?>("double_or_none"), new double?[] { 1.25, null }),
            (new DecimalDataField("decimal", 18, 2), new[] { 12.34m, -0.5m }),
            (new DataField<bool>("bool"), new[] { true, false }),
            (new DataField<string>("text"), new string?[] { "x", null }),
            (new DateTimeDataField("time", DateTimeFormat.DateAndTimeMicros), new[] { time, time.AddDays(1) }),
            (new DateTimeDataField("date", DateTimeFormat.Date), new[] { time.Date, time.Date.AddDays(1) }));
        using var reader = TableReader.Open(path);
        Assert.True(reader.Read());
        Assert.Equal(
            ["1", "3", "5", "6", "7", "7", "7", "0.5", "1.25", "12.34", "True", "x", "2024-02-29T12:34:56.789Z", "2024-02-29T00:00:00.000Z"],
            Enumerable.Range(0, reader.Columns.Count).Select(reader.Text));
        Assert.Equal([1, 3, 5, 6, 7, 7, 7, 0.5, 1.25, 12.34, 1], Enumerable.Range(0, 11).Select(reader.Number));
        Assert.True(reader.Read());
        Assert.Equal(
            ["2", "4", null, "4294967295", "8", "-8", "-8", null, null, "-0.50", "False", null, "2024-03-01T12:34:56.789Z", "2024-03-01T00:00:00.000Z"],
            Enumerable.Range(0, reader.Columns.Count).Select(reader.Text));
        Assert.Equal([2, 4, double.NaN, 4294967295, 8, -8, -8, double.NaN, double.NaN, -0.5, 0], Enumerable.Range(0, 11).Select(reader.Number));
        Assert.False(reader.Read());
    }

    [Theory]
    [InlineData(".csv")]
    [InlineData(".csv.gz")]
    [InlineData(".parquet")]
    public void What_a_writer_wrote_a_reader_reads_across_row_groups(string extension)
    {
        const int rows = 70_000;
        var path = Path.Combine(_folder, "t" + extension);
        using (var writer = TableWriter.Create(path, [("id", true), ("value", false)]))
        {
            for (var i = 0; i < rows; i++)
            {
                writer.Text(Encoding.UTF8.GetBytes(i % 3 == 0 ? "" : $"é\"{i},"));
                writer.Number(i % 5 == 0 ? double.NaN : i / 7.0);
                writer.EndRow();
            }

            writer.Complete();
        }

        using var reader = TableReader.Open(path);
        for (var i = 0; i < rows; i++)
        {
            Assert.True(reader.Read());
            Assert.Equal(i % 3 == 0 ? null : $"é\"{i},", reader.Text(0));
            Assert.Equal(i % 5 == 0 ? double.NaN : i / 7.0, reader.Number(1));
        }

        Assert.False(reader.Read());
        Assert.Equal([path], Directory.GetFiles(_folder));
    }

    [Fact]
    public void A_table_that_is_not_completed_leaves_nothing_and_keeps_what_was_there()
    {
        var path = Write("t.csv", "old"u8.ToArray());
        using (var writer = TableWriter.Create(path, [("id", true)]))
        {
            writer.Text("1"u8);
            writer.EndRow();
        }

        Assert.Equal("old", File.ReadAllText(path));
        Assert.Equal([path], Directory.GetFiles(_folder));
    }

    private static async Task WriteParquetAsync(string path, params (DataField Field, Array Values)[] columns)
    {
        await using var stream = File.Create(path);
        await using var writer = await ParquetWriter.CreateAsync(new ParquetSchema([.. columns.Select(column => (Field)column.Field)]), stream);
        using var group = writer.CreateRowGroup();
        foreach (var (field, values) in columns)
        {
            await WriteColumnAsync(group, field, (dynamic)values);
        }

        group.CompleteValidate();
    }

    private static Task WriteColumnAsync(ParquetRowGroupWriter group, DataField field, string?[] values) => group.WriteAsync(field, values!);

    private static Task WriteColumnAsync<T>(ParquetRowGroupWriter group, DataField field, T[] values)
        where T : struct => group.WriteAsync<T>(field, new ReadOnlyMemory<T>(values));

    private static Task WriteColumnAsync<T>(ParquetRowGroupWriter group, DataField field, T?[] values)
        where T : struct => group.WriteAsync<T>(field, new ReadOnlyMemory<T?>(values));

    private int CountRows(byte[] gzip)
    {
        using var reader = TableReader.Open(Write("t.csv.gz", gzip));
        var rows = 0;
        while (reader.Read())
        {
            rows++;
        }

        return rows;
    }

    private string Write(string name, byte[] bytes)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllBytes(path, bytes);
        return path;
    }

    private static byte[] Gzip(string text)
    {
        using var packed = new MemoryStream();
        using (var stream = new GZipStream(packed, CompressionLevel.Optimal))
        {
            stream.Write(Encoding.UTF8.GetBytes(text));
        }

        return packed.ToArray();
    }
}
