using StreamScoring.Configuration;
using StreamScoring.Contracts;
using StreamScoring.Expressions;
using StreamScoring.Mapping;

namespace StreamScoring.Files;

/// <summary>Makes the plan of one table: which of its columns become which fields.</summary>
internal sealed class TableSources
{
    private const string AttributesPrefix = "attributes.";

    private readonly TableReader _table;
    private readonly ColumnsFile _columns;
    private readonly IReadOnlyDictionary<string, AttributeUse> _uses;
    private readonly InputMistakes _mistakes = new();
    private readonly List<int> _tableColumns = [];
    private readonly List<string> _attributeNames = [];
    private readonly List<FieldPlan> _fields = [];

    private TableSources(TableReader table, ColumnsFile columns, IReadOnlyDictionary<string, AttributeUse> uses) => (_table, _columns, _uses) = (table, columns, uses);

    /// <summary>The table's columns, by their number as sources of the plan.</summary>
    public IReadOnlyList<int> TableColumns => _tableColumns;

    public RecordPlan Plan { get; private set; } = null!;

    /// <param name="uses">What the features take attributes for.</param>
    /// <exception cref="InvalidInputFileException">A column is not there, or an attribute is both a
    /// number and a text; all such mistakes are named.</exception>
    public static TableSources Of(TableReader table, ColumnsFile columns, IReadOnlyDictionary<string, AttributeUse> uses)
    {
        var sources = new TableSources(table, columns, uses);
        sources.Build();
        return sources;
    }

    /// <summary>
    /// What an attribute is called that has the name of a column: expressions take letters, digits
    /// and underscores, the first no digit.
    /// </summary>
    public static string AttributeNameOf(string column)
    {
        var name = string.Concat(column.Select(character => char.IsLetterOrDigit(character) ? character : '_'));
        return name.Length == 0 || char.IsDigit(name[0]) ? "_" + name : name;
    }

    private void Build()
    {
        foreach (var required in new[] { "payment_id", "event_time", "amount", "currency" })
        {
            if (!_columns.Fields.ContainsKey(required))
            {
                _mistakes.Add($"{_table.FilePath}: there is no column {(required == "amount" ? "amount_minor" : required)}; its columns are {Listed()}. Map them with --columns FILE (docs/columns.md).");
            }
        }

        if (!TextFields.EntityIds.Any(entity => _columns.Fields.ContainsKey(TextFields.NameOf(entity))))
        {
            _mistakes.Add($"{_table.FilePath}: no column is an entity id, and a payment needs one of {string.Join(", ", TextFields.EntityIds.Select(TextFields.NameOf))}; for a table without any say so in a columns file: customer_id: {{value: all}}");
        }

        foreach (var (column, words) in _columns.Skips)
        {
            _fields.Add(new FieldPlan { Name = column, Kind = FieldKind.Skip, Sources = [SourceOf(() => _table.Find(column))], Missing = words });
        }

        foreach (var (field, mapping) in _columns.Fields)
        {
            Add(field, mapping);
        }

        if (_columns.Label is { } label)
        {
            _fields.Add(new FieldPlan { Name = label.Column, Kind = FieldKind.Fraud, Sources = [SourceOf(() => _table.Find(label.Column))], FraudWords = label.Fraud, GenuineWords = label.Genuine });
        }

        if (_columns.TakesAllAttributes)
        {
            AddRemaining();
        }

        _mistakes.ThrowIfAny();
        Plan = new RecordPlan(_fields, [.. _tableColumns.Select(column => _table.Columns[column])], _attributeNames);
    }

    private string Listed() => string.Join(", ", _table.Columns);

    private void Add(string field, ColumnMapping mapping)
    {
        var sources = mapping.Position is { } position
            ? [SourceOf(() => position <= _table.Columns.Count ? position - 1
                : throw new InvalidInputFileException($"{_table.FilePath}: there is no column at position {position}, as it has {_table.Columns.Count} ({mapping.Place})"))]
            : mapping.Columns.Select(column => SourceOf(() => _table.Find(column))).ToArray();
        var fallback = mapping.DefaultFrom is { } from ? SourceOf(() => _table.Find(from)) : -1;
        if (!field.StartsWith(AttributesPrefix, StringComparison.Ordinal))
        {
            _fields.Add(PlanOf(field, mapping, sources, fallback, field switch
            {
                "event_time" => FieldKind.EventTime,
                "amount" => FieldKind.Amount,
                _ => FieldKind.Text,
            }));
            return;
        }

        AddAttribute(field, mapping, sources, fallback);
    }

    private void AddAttribute(string field, ColumnMapping mapping, int[] sources, int fallback)
    {
        if (field.Contains(CsvTableReader.NoCharacter))
        {
            _mistakes.Add($"{_table.FilePath}: the header's {field} holds bytes that are no UTF-8; save the table in UTF-8");
            return;
        }

        var name = field[AttributesPrefix.Length..];
        var use = _uses.GetValueOrDefault(name, AttributeUse.None);
        var type = mapping.Type ?? use switch
        {
            AttributeUse.Number => ColumnType.Number,
            AttributeUse.Text => ColumnType.Text,
            AttributeUse.None => sources.Length == 1 && mapping.Words is null && _mistakes.Count == 0 && _table.HoldsNumbers(_tableColumns[sources[0]]) ? ColumnType.Number : ColumnType.Text,
            _ => null as ColumnType?,
        };
        if (type is null)
        {
            _mistakes.Add($"{_table.FilePath}: {field} is a number to some features and a text to others; say which it is in a columns file: {field}: {{column: …, type: number}}, or text (docs/columns.md)");
            return;
        }

        _fields.Add(PlanOf(field, mapping, sources, fallback, type == ColumnType.Number ? FieldKind.AttributeNumber : FieldKind.AttributeText));
        _attributeNames.Add(name);
    }

    /// <summary>All columns that no field, label or rule has read.</summary>
    private void AddRemaining()
    {
        var read = _tableColumns.ToHashSet();
        foreach (var ignored in _columns.Ignored)
        {
            read.Add(_mistakes.Try(() => _table.Find(ignored), -1));
        }

        var names = _attributeNames.ToHashSet(StringComparer.Ordinal);
        for (var column = 0; column < _table.Columns.Count; column++)
        {
            if (read.Contains(column) || _table.Columns[column].StartsWith("Unnamed: ", StringComparison.Ordinal))
            {
                continue;
            }

            var (name, number) = (AttributeNameOf(_table.Columns[column]), 2);
            var unique = name;
            while (!names.Add(unique))
            {
                unique = $"{name}_{number++}";
            }

            var (taken, isCommaDecimal) = (column, _columns.IsCommaDecimal);
            AddAttribute(AttributesPrefix + unique, new ColumnMapping { Columns = [_table.Columns[column]], IsCommaDecimal = isCommaDecimal }, [SourceOf(() => taken)], -1);
        }
    }

    /// <summary>A column is read once, whatever is made of it.</summary>
    private int SourceOf(Func<int> find)
    {
        var column = _mistakes.Try(find, -1);
        var source = _tableColumns.IndexOf(column);
        if (source < 0)
        {
            _tableColumns.Add(column);
            source = _tableColumns.Count - 1;
        }

        return source;
    }

    private FieldPlan PlanOf(string field, ColumnMapping mapping, int[] sources, int fallback, FieldKind kind) => new()
    {
        Name = field,
        Kind = kind,
        Field = kind == FieldKind.Text && TextFields.TryParse(field, out var text) ? text : default,
        Attribute = _attributeNames.Count,
        Sources = sources,
        Fallback = fallback,
        Separator = mapping.Separator,
        Default = mapping.Default,
        IsRowNumber = mapping.IsRowNumber,
        Prefix = mapping.Prefix,
        Case = mapping.Case,
        Words = mapping.Words,
        Missing = mapping.Missing,
        IsWhole = mapping.IsWhole,
        Token = mapping.Token,
        Time = mapping.Time,
        Amount = mapping.Amount,
        IsCommaDecimal = mapping.IsCommaDecimal,
        IsStrict = mapping.Type == ColumnType.Number,
    };
}
