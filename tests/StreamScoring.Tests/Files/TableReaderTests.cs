using System.Globalization;
using System.IO.Compression;
using System.Text;
using Parquet;
using Parquet.Schema;
using StreamScoring.Configuration;
using StreamScoring.Files;
using StreamScoring.TestSupport;

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
            ["1", "3", "5", "6", "7", "7", "7", "0.5", "1.25", "12.34", "true", "x", "2024-02-29T12:34:56.789Z", "2024-02-29T00:00:00.000Z"],
            Enumerable.Range(0, reader.Columns.Count).Select(reader.Text));
        Assert.Equal([1, 3, 5, 6, 7, 7, 7, 0.5, 1.25, 12.34, 1], Enumerable.Range(0, 11).Select(reader.Number));
        Assert.True(reader.Read());
        Assert.Equal(
            ["2", "4", null, "4294967295", "8", "-8", "-8", null, null, "-0.50", "false", null, "2024-03-01T12:34:56.789Z", "2024-03-01T00:00:00.000Z"],
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

    [Theory]
    [InlineData("a,b\nx,1\n?,2\n", "a")]
    [InlineData("a,b\nx,1\ny,?\n", "b")]
    public void Bytes_that_are_no_UTF_8_are_refused_with_row_and_column_where_the_column_is_read(string text, string column)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        bytes[Array.IndexOf(bytes, (byte)'?')] = 0xE9;
        var path = Write("t.csv", bytes);
        using var reader = TableReader.Open(path);
        Assert.True(reader.Read());
        Assert.True(reader.Read());
        var error = Assert.Throws<InvalidInputFileException>(() => reader.Text(reader.Require(column)));
        Assert.Equal($"{path}:3: {column} holds bytes that are no UTF-8; save the table in UTF-8", error.Message);
        Assert.NotNull(reader.Text(reader.Require(column == "a" ? "b" : "a")));
    }

    [Fact]
    public void The_replacement_character_itself_is_a_text_in_UTF_8_and_what_became_of_a_lone_half_in_UTF_16()
    {
        using (var reader = TableReader.Open(Write("t.csv", "a\n\uFFFD\n"u8.ToArray())))
        {
            Assert.True(reader.Read());
            Assert.Equal("\uFFFD", reader.Text(0));
        }

        using var wide = TableReader.Open(Write("wide.csv", [.. Encoding.Unicode.Preamble, .. Encoding.Unicode.GetBytes("a\né\n"), 0x00, 0xD8, 0x0A, 0x00]));
        Assert.True(wide.Read());
        Assert.Equal("é", wide.Text(0));
        Assert.True(wide.Read());
        Assert.Contains("wide.csv:3: a holds bytes", Assert.Throws<InvalidInputFileException>(() => wide.Text(0)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_text_of_a_parquet_file_that_is_no_UTF_8_is_refused_with_row_and_column()
    {
        var path = Path.Combine(_folder, "t.parquet");
        await WriteParquetAsync(
            path,
            (new DataField<byte[]>("id"), new[] { "é"u8.ToArray(), [(byte)'x', 0xE9] }),
            (new DataField<int>("n"), new[] { 1, 2 }));
        using var reader = TableReader.Open(path);
        Assert.True(reader.Read());
        Assert.Equal(1, reader.Number(1));
        var error = Assert.Throws<InvalidInputFileException>(() => reader.Text(0));
        Assert.Equal($"{path} row 1: id holds bytes that are no UTF-8; save the table in UTF-8", error.Message);
    }

    [Fact]
    public void A_parquet_column_of_any_type_is_there_and_refused_by_name_only_once_it_is_read()
    {
        // DuckDB: SELECT 7 + range AS id, [1, 2, 3] AS items, [4] AS more, {'id': 1} AS pair,
        // INTERVAL 1 DAY AS span FROM range(2).
        var path = Sample("duckdb-nested.parquet");
        using var reader = TableReader.Open(path);
        Assert.Equal(["id", "items", "more", "pair", "span"], reader.Columns);
        Assert.True(reader.Read());
        Assert.Equal("7", reader.Text(0));
        Assert.All([1, 2, 3], column => Assert.Equal(
            $"{path}: column {reader.Columns[column]} cannot be read: it is nested; expected numbers, texts, flags or times",
            Assert.Throws<InvalidInputFileException>(() => reader.Text(column)).Message));
        var strange = Assert.Throws<InvalidInputFileException>(() => reader.Number(4));
        Assert.Equal($"{path}: column span cannot be read: it has the type Interval; expected numbers, texts, flags or times", strange.Message);
        Assert.True(reader.Read());
        Assert.Equal(8, reader.Number(0));
    }

    [Fact]
    public void Whole_numbers_times_and_decimals_are_read_from_pages_of_version_2()
    {
        // DuckDB: COPY … TO '…' (PARQUET_VERSION V2), which packs all of these as differences.
        using var reader = TableReader.Open(Sample("duckdb-version-2.parquet"));
        Assert.Equal(["s", "i", "us", "ui", "d18", "d9", "f", "ts", "tns", "tms", "dt", "tn", "u"], reader.Columns);
        Assert.True(reader.Read());
        Assert.Equal(
            [
                "p0", "0", "0", "2147483648", "-1.00", "0.00", "0", "2026-01-01T10:00:00.123Z", "1969-12-31T23:59:59.999Z", "2026-01-01T10:00:00.123Z",
                "2026-01-01T00:00:00.000Z", "2026-01-01T10:00:00.000Z", "01234567-89ab-cdef-0123-456789000000",
            ],
            Enumerable.Range(0, 13).Select(reader.Text));
        Assert.True(reader.Read());
        Assert.Equal(
            [
                "p1", "1000", "1", "2147483649", "0.25", "100.50", "0.14285714285714285", "2026-01-01T10:01:00.123Z", "1970-01-01T00:00:59.999Z",
                "2026-01-01T10:01:00.123Z", "2026-01-02T00:00:00.000Z", null, "01234567-89ab-cdef-0123-456789000001",
            ],
            Enumerable.Range(0, 13).Select(reader.Text));
        Assert.Equal([1000, 1, 2147483649, 0.25, 100.5, 1 / 7.0], Enumerable.Range(1, 6).Select(reader.Number));
        Assert.Equal(["i", "us", "ui", "d18", "d9", "f"], Enumerable.Range(0, 13).Where(reader.HoldsNumbers).Select(column => reader.Columns[column]));
        Assert.True(reader.Read());
        Assert.False(reader.Read());
    }

    [Fact]
    public void Flags_that_the_library_would_take_for_false_are_refused_by_name_and_the_other_columns_are_read()
    {
        // Arrow, with run-length encoded flags: true, false, true, nothing, true.
        var path = Sample("arrow-run-length-flags.parquet");
        using var reader = TableReader.Open(path);
        Assert.True(reader.Read());
        Assert.Equal(1, reader.Number(1));
        Assert.StartsWith($"{path}: column b cannot be read: its flags are run-length encoded", Assert.Throws<InvalidInputFileException>(() => reader.Text(0)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_time_of_a_parquet_file_is_no_number()
    {
        var path = Path.Combine(_folder, "t.parquet");
        await WriteParquetAsync(path, (new DateTimeDataField("time", DateTimeFormat.DateAndTimeMicros), new[] { new DateTime(2024, 2, 29, 0, 0, 0, DateTimeKind.Utc) }));
        using var reader = TableReader.Open(path);
        Assert.True(reader.Read());
        Assert.Contains("time is 2024-02-29T00:00:00.000Z; expected a number", Assert.Throws<InvalidInputFileException>(() => reader.Number(0)).Message, StringComparison.Ordinal);
    }

    private static string Sample(string name) => Path.Combine(SharedFolder.RepositoryRoot, "tests", "StreamScoring.Tests", "Files", "Samples", name);

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

    private static Task WriteColumnAsync(ParquetRowGroupWriter group, DataField field, byte[][] values) => group.WriteAsync(field, values);

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
