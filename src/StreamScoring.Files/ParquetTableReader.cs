using System.Globalization;
using Parquet;
using Parquet.Schema;
using StreamScoring.Configuration;
using StreamScoring.Contracts;
using StreamScoring.Mapping;

namespace StreamScoring.Files;

/// <summary>A Parquet file, row group by row group. A column is decoded once a cell of it is asked
/// for, so what nothing names may be of any type.</summary>
internal sealed class ParquetTableReader : TableReader
{
    private const int NumberBytesMax = 32;

    private readonly ParquetReader _reader;
    private readonly IReadOnlyList<Field> _fields;

    /// <summary>Of the current row group; null where nothing has asked for the column
    /// yet.</summary>
    private readonly Array?[] _columns;
    private ParquetRowGroupReader? _groupReader;
    private int _group = -1;
    private int _row = -1;
    private int _rowCount;
    private long _rowsBefore;

    public ParquetTableReader(string path)
        : this(path, Start(path))
    {
    }

    private ParquetTableReader(string path, ParquetReader reader)
        : base(path, [.. reader.Schema.Fields.Select(field => field.Name)])
    {
        _reader = reader;
        _fields = reader.Schema.Fields;
        _columns = new Array?[_fields.Count];
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

            _groupReader?.Dispose();
            _groupReader = _reader.OpenRowGroupReader(_group);
            _rowCount = checked((int)_groupReader.RowCount);
            Array.Clear(_columns);
            _row = -1;
        }

        return true;
    }

    public override bool HoldsNumbers(int column) =>
        _fields[column] is DataField field && (Nullable.GetUnderlyingType(field.ClrType) ?? field.ClrType) is var type
        && type != typeof(char) && (type.IsPrimitive || type == typeof(decimal));

    public override string? Text(int column) => Column(column).GetValue(_row) switch
    {
        null => null,
        string text => text.Length == 0 ? null : text,
        double number => double.IsNaN(number) ? null : number.ToString("R", CultureInfo.InvariantCulture),
        float number => float.IsNaN(number) ? null : number.ToString("R", CultureInfo.InvariantCulture),
        bool flag => flag ? "true" : "false",
        DateTime time => DecisionJson.Iso(new DateTimeOffset(DateTime.SpecifyKind(time, DateTimeKind.Utc)).ToUnixTimeMilliseconds()),
        IFormattable value => value.ToString(null, CultureInfo.InvariantCulture),
        var other => other.ToString(),
    };

    /// <summary>Most numbers go to the plan without becoming a text.</summary>
    internal override void CopyTo(int column, SourceValues values, int source)
    {
        switch (Column(column))
        {
            case long?[] numbers when numbers[_row] is { } whole:
                whole.TryFormat(values.Reserve(NumberBytesMax), out var written, default, CultureInfo.InvariantCulture);
                values.Take(source, written, SourceKind.Number);
                break;
            case double?[] numbers when numbers[_row] is { } number && !double.IsNaN(number):
                number.TryFormat(values.Reserve(NumberBytesMax), out written, "R", CultureInfo.InvariantCulture);
                values.Take(source, written, SourceKind.Number);
                break;
            case long?[] or double?[]:
                break;
            default:
                base.CopyTo(column, values, source);
                break;
        }
    }

    public override double Number(int column) => Column(column) switch
    {
        double?[] numbers => numbers[_row] ?? double.NaN,
        float?[] numbers => numbers[_row] ?? double.NaN,
        long?[] numbers => numbers[_row] ?? double.NaN,
        bool?[] flags => flags[_row] is { } flag ? flag ? 1 : 0 : double.NaN,
        var values => values.GetValue(_row) switch
        {
            null => double.NaN,
            string { Length: 0 } => double.NaN,
            string text => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : throw NoNumber(column, text),
            DateTime or Guid => throw NoNumber(column, Text(column)!),
            IConvertible value => value.ToDouble(CultureInfo.InvariantCulture),
            var other => throw NoNumber(column, other.ToString() ?? ""),
        },
    };

    public override void Dispose()
    {
        _groupReader?.Dispose();
        _reader.DisposeAsync().AsTask().GetAwaiter().GetResult();
    }

    private static ParquetReader Start(string path)
    {
        try
        {
            return ParquetReader.CreateAsync(path).GetAwaiter().GetResult();
        }
        catch (Exception e) when (e is not (IOException or UnauthorizedAccessException))
        {
            throw new InvalidInputFileException($"{path}: not a Parquet file that can be read: {e.Message}", e);
        }
    }

    private Array Column(int column) => _columns[column] ??= Load(column);

    private Array Load(int column)
    {
        var name = _fields[column].Name;
        try
        {
            return _fields[column] is DataField { IsArray: false } field
                ? ParquetColumn.ReadAsync(_groupReader!, field, _rowCount).GetAwaiter().GetResult()
                : throw new NotSupportedException("it is nested; expected numbers, texts, flags or times");
        }
        catch (NotUtf8Exception e)
        {
            throw NotUtf8(checked((int)(_rowsBefore + e.Row)), column);
        }
        catch (Exception e)
        {
            // The library throws anything for what it does not know, or for a file that is damaged.
            throw new InvalidInputFileException($"{FilePath}: column {name} cannot be read: {e.Message}", e);
        }
    }
}
