using System.Text;
using Parquet;
using Parquet.Schema;

namespace StreamScoring.Files;

internal sealed class ParquetTableWriter : TableWriter
{
    private const int GroupRowsMax = 65_536;

    private readonly FileStream _stream;
    private readonly DataField[] _fields;
    private readonly double?[]?[] _numbers;
    private readonly string?[]?[] _texts;
    private readonly ParquetWriter _writer;
    private int _row;
    private int _column;

    public ParquetTableWriter(string path, string temporaryPath, IReadOnlyList<(string Name, bool IsText)> columns)
        : base(path, temporaryPath)
    {
        _stream = File.Create(temporaryPath);
        _fields = [.. columns.Select(column => column.IsText ? (DataField)new DataField<string>(column.Name) : new DataField<double?>(column.Name))];
        _numbers = [.. columns.Select(column => column.IsText ? null : new double?[GroupRowsMax])];
        _texts = [.. columns.Select(column => column.IsText ? new string?[GroupRowsMax] : null)];
        _writer = ParquetWriter.CreateAsync(new ParquetSchema([.. _fields]), _stream).GetAwaiter().GetResult();
    }

    public override void Number(double value) => _numbers[_column++]![_row] = double.IsNaN(value) ? null : value;

    public override void Text(ReadOnlySpan<byte> value) => _texts[_column++]![_row] = value.IsEmpty ? null : Encoding.UTF8.GetString(value);

    public override void EndRow()
    {
        Invariant.Require(_column == _fields.Length);
        _column = 0;
        if (++_row == GroupRowsMax)
        {
            WriteGroupAsync().GetAwaiter().GetResult();
        }
    }

    private protected override void Finish()
    {
        if (_row > 0)
        {
            WriteGroupAsync().GetAwaiter().GetResult();
        }

        _writer.DisposeAsync().AsTask().GetAwaiter().GetResult();
        _stream.Dispose();
    }

    private protected override void Abandon() => _stream.Dispose();

    private async Task WriteGroupAsync()
    {
        using var group = _writer.CreateRowGroup();
        for (var i = 0; i < _fields.Length; i++)
        {
            if (_texts[i] is { } texts)
            {
                await group.WriteAsync(_fields[i], texts.AsSpan(0, _row).ToArray()!);
            }
            else
            {
                await group.WriteAsync<double>(_fields[i], new ReadOnlyMemory<double?>(_numbers[i], 0, _row));
            }
        }

        group.CompleteValidate();
        _row = 0;
    }
}
