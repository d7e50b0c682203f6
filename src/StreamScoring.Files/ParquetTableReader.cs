using System.Globalization;
using System.Text;
using Parquet;
using Parquet.Schema;
using StreamScoring.Configuration;
using StreamScoring.Contracts;

namespace StreamScoring.Files;

internal sealed class ParquetTableReader : TableReader
{
    private readonly ParquetReader _reader;
    private readonly DataField[] _fields;
    private readonly Array[] _columns;
    private int _group = -1;
    private int _row = -1;
    private int _rowCount;
    private long _rowsBefore;

    public ParquetTableReader(string path)
        : this(path, Start(path))
    {
    }

    private ParquetTableReader(string path, ParquetReader reader)
        : base(path, [.. reader.Schema.GetDataFields().Select(field => field.Name)])
    {
        _reader = reader;
        _fields = reader.Schema.GetDataFields();
        _columns = new Array[_fields.Length];
    }

    public override int Row => checked((int)(_rowsBefore + _row));

    public override string PlaceOf(int row) => $"{FilePath} row {row}";

    public override bool Read()
    {
        while (++_row >= _rowCount)
        {
            _rowsBefore += _rowCount;
            if (++_group >= _reader.RowGroupCount)
            {
                return false;
            }

            ReadGroupAsync().GetAwaiter().GetResult();
            _row = -1;
        }

        return true;
    }

    public override string? Text(int column) => _columns[column].GetValue(_row) switch
    {
        null => null,
        string text => text.Length == 0 ? null : text,
        double number => double.IsNaN(number) ? null : number.ToString("R", CultureInfo.InvariantCulture),
        float number => float.IsNaN(number) ? null : number.ToString("R", CultureInfo.InvariantCulture),
        DateTime time => DecisionJson.Iso(new DateTimeOffset(DateTime.SpecifyKind(time, DateTimeKind.Utc)).ToUnixTimeMilliseconds()),
        IFormattable value => value.ToString(null, CultureInfo.InvariantCulture),
        var other => other.ToString(),
    };

    public override double Number(int column) => _columns[column] switch
    {
        double[] numbers => numbers[_row],
        double?[] numbers => numbers[_row] ?? double.NaN,
        float[] numbers => numbers[_row],
        long[] numbers => numbers[_row],
        bool[] flags => flags[_row] ? 1 : 0,
        var values => values.GetValue(_row) switch
        {
            null => double.NaN,
            string text => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : throw NoNumber(column, text),
            bool flag => flag ? 1 : 0,
            IConvertible value => value.ToDouble(CultureInfo.InvariantCulture),
            var other => throw NoNumber(column, other.ToString() ?? ""),
        },
    };

    public override void Dispose() => _reader.DisposeAsync().AsTask().GetAwaiter().GetResult();

    private static ParquetReader Start(string path)
    {
        try
        {
            return ParquetReader.CreateAsync(path).GetAwaiter().GetResult();
        }
        catch (Exception e) when (e is not (IOException or UnauthorizedAccessException))
        {
            throw new InvalidInputFileException($"{path}: not a Parquet file: {e.Message}", e);
        }
    }

    private async Task ReadGroupAsync()
    {
        using var group = _reader.OpenRowGroupReader(_group);
        _rowCount = checked((int)group.RowCount);
        for (var i = 0; i < _fields.Length; i++)
        {
            _columns[i] = await ReadColumnAsync(group, _fields[i], _rowCount);
        }
    }

    private async Task<Array> ReadColumnAsync(ParquetRowGroupReader group, DataField field, int rowCount)
    {
        var type = Nullable.GetUnderlyingType(field.ClrType) ?? field.ClrType;
        // The library calls a text a string when it makes a schema and a memory of characters when it reads one.
        if (type == typeof(string) || type == typeof(ReadOnlyMemory<char>))
        {
            var texts = new string?[rowCount];
            await group.ReadAsync(field, texts.AsMemory());
            return texts;
        }

        // Bytes are what writers that do not annotate their columns make of a text.
        if (type == typeof(byte[]) || type == typeof(ReadOnlyMemory<byte>))
        {
            var bytes = new byte[]?[rowCount];
            await group.ReadAsync(field, bytes.AsMemory()!);
            return Array.ConvertAll(bytes, value => value is null ? null : Encoding.UTF8.GetString(value));
        }

        return type == typeof(double) ? await ReadAsync<double>(group, field, rowCount)
            : type == typeof(float) ? await ReadAsync<float>(group, field, rowCount)
            : type == typeof(long) ? await ReadAsync<long>(group, field, rowCount)
            : type == typeof(int) ? await ReadAsync<int>(group, field, rowCount)
            : type == typeof(short) ? await ReadAsync<short>(group, field, rowCount)
            : type == typeof(byte) ? await ReadAsync<byte>(group, field, rowCount)
            : type == typeof(sbyte) ? await ReadAsync<sbyte>(group, field, rowCount)
            : type == typeof(ushort) ? await ReadAsync<ushort>(group, field, rowCount)
            : type == typeof(uint) ? await ReadAsync<uint>(group, field, rowCount)
            : type == typeof(ulong) ? await ReadAsync<ulong>(group, field, rowCount)
            : type == typeof(bool) ? await ReadAsync<bool>(group, field, rowCount)
            : type == typeof(decimal) ? await ReadAsync<decimal>(group, field, rowCount)
            : type == typeof(DateTime) ? await ReadAsync<DateTime>(group, field, rowCount)
            : throw new InvalidInputFileException($"{FilePath}: column {field.Name} has the type {type.Name}; expected numbers, texts, flags or times");
    }

    private static async Task<Array> ReadAsync<T>(ParquetRowGroupReader group, DataField field, int rowCount)
        where T : struct
    {
        if (field.IsNullable)
        {
            var values = new T?[rowCount];
            await group.ReadAsync(field, values.AsMemory());
            return values;
        }

        var plain = new T[rowCount];
        await group.ReadAsync(field, plain.AsMemory());
        return plain;
    }
}
