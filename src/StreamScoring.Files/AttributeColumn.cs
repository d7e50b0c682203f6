using System.Globalization;
using StreamScoring.Configuration;
using StreamScoring.Expressions;

namespace StreamScoring.Files;

/// <summary>
/// One attribute of a table's rows. Whether it is a number or a text follows from the columns file,
/// else from what the features take it
/// for, else from the table, so that a payment is the same here as in the JSON that is published
/// live.
/// </summary>
internal sealed class AttributeColumn
{
    /// <summary>What people and their tools write into a column of numbers where there is
    /// none.</summary>
    private static readonly string[] MissingWords = ["nan", "na", "n/a", "null", "none"];

    private readonly TableReader _table;
    private readonly int _column;
    private readonly string? _default;
    private readonly ColumnType _type;
    private readonly bool _isDeclared;
    private int _textCount;
    private int _firstTextRow;

    /// <param name="column">-1 where every row takes the default.</param>
    /// <param name="use">What the features take it for.</param>
    /// <exception cref="InvalidInputFileException">They take it for both, or the name is no
    /// text.</exception>
    public AttributeColumn(TableReader table, string name, int column, ColumnMapping mapping, AttributeUse use)
    {
        if (name.Contains(CsvTableReader.NoCharacter))
        {
            throw new InvalidInputFileException($"{table.FilePath}: the header's attributes.{name} holds bytes that are no UTF-8; save the table in UTF-8");
        }

        (_table, Name, _column, _default, _isDeclared) = (table, name, column, mapping.Default, mapping.Type is not null);
        _type = mapping.Type ?? use switch
        {
            AttributeUse.Number => ColumnType.Number,
            AttributeUse.Text => ColumnType.Text,
            AttributeUse.None => column >= 0 && table.HoldsNumbers(column) ? ColumnType.Number : ColumnType.Text,
            _ => throw new InvalidInputFileException(
                $"{table.FilePath}: attributes.{name} is a number to some features and a text to others; say which it is in a columns file: attributes.{name}: {{column: …, type: number}}, or text (docs/columns.md)"),
        };
    }

    public string Name { get; }

    /// <summary>What whoever reads the table should know; null where there is nothing.</summary>
    public string? Notice => _textCount == 0 ? null
        : $"{_table.PlaceOf(_firstTextRow)}: attributes.{Name} is a number to the features and this cell is none ({_textCount:N0} such cells in all); they stay texts, which count as missing";

    /// <returns>A double or a string; null where the row has no value.</returns>
    /// <exception cref="InvalidInputFileException">The column is declared to hold numbers, and the
    /// cell is none.</exception>
    public object? Read()
    {
        var text = (_column < 0 ? null : _table.Text(_column)) ?? _default;
        if (text is null || _type == ColumnType.Text)
        {
            return text;
        }

        if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number))
        {
            return number;
        }

        if (MissingWords.Contains(text, StringComparer.OrdinalIgnoreCase))
        {
            return null;
        }

        if (_isDeclared)
        {
            throw new InvalidInputFileException($"{_table.Place}: attributes.{Name} is {text}; expected a number");
        }

        if (_textCount++ == 0)
        {
            _firstTextRow = _table.Row;
        }

        return text;
    }
}
