using StreamScoring.Configuration;
using StreamScoring.Contracts;
using StreamScoring.Mapping;

namespace StreamScoring.Files;

/// <summary>
/// How a table's columns become payment fields. docs/columns.md describes the file.
/// </summary>
public sealed class ColumnsFile
{
    private const string AttributesPrefix = "attributes.";

    private static readonly string[] KnownFields = [.. TextFields.AllNames, "event_time", "amount"];

    private ColumnsFile(IReadOnlyDictionary<string, ColumnMapping> fields) => Fields = fields;

    /// <summary>
    /// By payment field: text fields, <c>event_time</c>, <c>amount</c> and <c>attributes.NAME</c>.
    /// </summary>
    public IReadOnlyDictionary<string, ColumnMapping> Fields { get; }

    /// <summary>How the table's text is cut into cells.</summary>
    public TableForm Form { get; private init; } = TableForm.Standard;

    /// <summary>Whether each column that nothing else reads is an attribute.</summary>
    public bool TakesAllAttributes { get; private init; }

    /// <summary>Columns that are no attributes then.</summary>
    public IReadOnlyList<string> Ignored { get; private init; } = [];

    /// <summary>Of those attributes: whether the comma begins their decimals.</summary>
    public bool IsCommaDecimal { get; private init; }

    /// <summary>Rows that are no payments: a column, and what stands in it.</summary>
    public IReadOnlyList<(string Column, WordTable Words)> Skips { get; private init; } = [];

    /// <summary>The column that says whether a payment was fraud.</summary>
    public LabelMapping? Label { get; private init; }

    /// <inheritdoc cref="LabelMapping.Column"/>
    public string? LabelColumn => Label?.Column;

    /// <summary>
    /// How long after the payment its label becomes known; null where labels are not to be made
    /// from the column.
    /// </summary>
    public TimeSpan? LabelDelay { get; private init; }

    /// <summary>Fields in which card numbers are not looked for, as in
    /// <c>ingest.cardNumberFieldsIgnored</c>.</summary>
    public IEnumerable<string> CardNumberFieldsIgnored =>
        Fields.Where(entry => entry.Value.IgnoresCardNumbers).Select(entry => entry.Key == "amount" ? CardNumberFields.AmountMinor : entry.Key);

    /// <exception cref="InvalidInputFileException">The file is wrong; all mistakes are
    /// named.</exception>
    public static ColumnsFile Load(string path) => Read(YamlFile.Open(path));

    /// <inheritdoc cref="Load"/>
    /// <param name="name">The file's name, for messages.</param>
    /// <param name="text">Its YAML.</param>
    public static ColumnsFile Parse(string name, string text) => Read(YamlFile.Parse(name, text));

    /// <summary>
    /// The contract's own names as columns: <c>payment_id</c>, <c>event_time</c>,
    /// <c>amount_minor</c>, …, <c>attributes.NAME</c>.
    /// </summary>
    public static ColumnsFile ForContractNames(IReadOnlyList<string> columns)
    {
        var fields = new Dictionary<string, ColumnMapping>(StringComparer.Ordinal);
        foreach (var column in columns)
        {
            if (column == "amount_minor")
            {
                fields["amount"] = new ColumnMapping { Columns = [column] };
            }
            else if (column == "event_time" || TextFields.TryParse(column, out _) || column.StartsWith(AttributesPrefix, StringComparison.Ordinal))
            {
                fields[column] = new ColumnMapping { Columns = [column] };
            }
        }

        return new ColumnsFile(fields);
    }

    private static ColumnsFile Read(YamlMap top)
    {
        var mistakes = new InputMistakes();
        mistakes.Try(() => top.Integer("version", 1, 1, 1));
        var table = mistakes.Try(() => top.OptionalMap("table"), null) ?? YamlMap.Empty(top.File, "table");
        var (delimiter, quote) = (Character(table, "delimiter", ',', mistakes), Character(table, "quote", '"', mistakes));
        if (delimiter == quote || delimiter is '\n' or '\r' || quote is '\n' or '\r')
        {
            mistakes.Add(table.Error("delimiter", "and table.quote are two characters, and none ends a line"));
        }

        var isCommaDecimal = mistakes.Try(() => table.Choice("decimal", ".", ".", ",") == ",", false);
        var reader = new ColumnMappingReader(isCommaDecimal, mistakes);
        var fields = new Dictionary<string, ColumnMapping>(StringComparer.Ordinal);
        var takesAll = false;
        if (mistakes.Try(() => top.OptionalMap("columns"), null) is { } map)
        {
            takesAll = ReadFields(map, fields, reader, mistakes);
            foreach (var required in new[] { "payment_id", "event_time", "amount", "currency" })
            {
                if (!map.Has(required))
                {
                    mistakes.Add(top.Error("columns", $"does not say where {required} comes from; give a column, or {{{Otherwise(required)}}}"));
                }
            }
        }
        else
        {
            mistakes.Add(top.Error("columns", "is missing; map fields to columns: columns: {payment_id: COLUMN}"));
        }

        var file = new ColumnsFile(fields)
        {
            Form = new TableForm(delimiter, quote),
            IsCommaDecimal = isCommaDecimal,
            TakesAllAttributes = takesAll,
            Ignored = mistakes.Try(() => top.Texts("ignore"), []),
            Skips = mistakes.Try(() => ReadSkips(top), []),
            Label = mistakes.Try(() => ReadLabel(top, mistakes), null),
            LabelDelay = mistakes.Try(() => top.OptionalDuration("label_delay"), null),
        };
        foreach (var unread in table.Unread().Concat(top.Unread()))
        {
            mistakes.Add(unread);
        }

        mistakes.ThrowIfAny();
        return file;
    }

    private static string Otherwise(string required) => required == "payment_id" ? "row_number: true" : "value: VALUE";

    /// <returns>Whether all columns that are left are attributes.</returns>
    private static bool ReadFields(YamlMap map, Dictionary<string, ColumnMapping> fields, ColumnMappingReader reader, InputMistakes mistakes)
    {
        var takesAll = false;
        foreach (var field in map.Keys)
        {
            if (field == "attributes")
            {
                takesAll = map.IsScalar(field) && mistakes.Try(() => map.Text(field), null) == "*";
                if (!takesAll && mistakes.Try(() => map.OptionalMap(field) ?? throw map.Error(field, "is empty; give names and columns, or \"*\" for all columns that are left"), null) is { } attributes)
                {
                    foreach (var name in attributes.Keys.Where(name => name != "*"))
                    {
                        Add(attributes, name, AttributesPrefix + name);
                    }

                    takesAll = attributes.Has("*");
                }
            }
            else if (!KnownFields.Contains(field) && !field.StartsWith(AttributesPrefix, StringComparison.Ordinal))
            {
                map.Has(field);
                mistakes.Add(map.Error(field, Nearest.To(field, KnownFields) is { } near
                    ? $"is no payment field; did you mean {near}?"
                    : $"is no payment field; known: {string.Join(", ", KnownFields)}, attributes.NAME"));
            }
            else
            {
                Add(map, field, field);
            }
        }

        return takesAll;

        void Add(YamlMap of, string key, string field)
        {
            if (mistakes.Try(() => reader.Read(of, key, field), null) is { } mapping && !fields.TryAdd(field, mapping))
            {
                mistakes.Add(of.Error(key, "is given twice"));
            }
        }
    }

    private static char Character(YamlMap map, string key, char otherwise, InputMistakes mistakes) => mistakes.Try(
        () => map.OptionalText(key) switch
        {
            null => otherwise,
            "\\t" or "tab" => '\t',
            [var only] => only,
            var text => throw map.Error(key, $"is {text}; expected one character, or tab"),
        },
        otherwise);

    private static List<(string, WordTable)> ReadSkips(YamlMap top)
    {
        var skips = new List<(string, WordTable)>();
        if (top.OptionalMap("skip") is { } map)
        {
            foreach (var column in map.Keys)
            {
                var words = map.Texts(column);
                skips.Add((column, words.Count > 0 ? ColumnMappingReader.WordsOf(words) : throw map.Error(column, "is empty; give what stands in the column of rows that are no payments")));
            }
        }

        return skips;
    }

    private static LabelMapping? ReadLabel(YamlMap top, InputMistakes mistakes)
    {
        if (!top.Has("label") || top.IsScalar("label"))
        {
            return top.OptionalText("label") is { } column ? new LabelMapping(column, null, null) : null;
        }

        var map = top.OptionalMap("label") ?? throw top.Error("label", "is empty; give a column, or {column: NAME, fraud: [WORD, …]}");
        var (named, fraud, genuine) = (map.Text("column"), map.Texts("fraud"), map.Texts("genuine"));
        foreach (var unread in map.Unread())
        {
            mistakes.Add(unread);
        }

        return fraud.Count == 0 && genuine.Count > 0 ? throw map.Error("genuine", "needs fraud beside it: the words that say fraud")
            : fraud.Intersect(genuine).FirstOrDefault() is { } both ? throw map.Error("genuine", $"and label.fraud both hold {both}")
            : new LabelMapping(named, fraud.Count > 0 ? ColumnMappingReader.WordsOf(fraud) : null, genuine.Count > 0 ? ColumnMappingReader.WordsOf(genuine) : null);
    }
}
