using StreamScoring.Configuration;
using StreamScoring.Contracts;

namespace StreamScoring.Files;

/// <summary>
/// How a table's columns become payment fields. docs/columns.md describes the file.
/// </summary>
public sealed class ColumnsFile
{
    private static readonly string[] KnownFields = [.. TextFields.AllNames, "event_time", "amount"];

    private ColumnsFile(IReadOnlyDictionary<string, ColumnMapping> fields, string? label, TimeSpan? labelDelay) =>
        (Fields, LabelColumn, LabelDelay) = (fields, label, labelDelay);

    /// <summary>
    /// By payment field: text fields, <c>event_time</c>, <c>amount</c> and <c>attributes.NAME</c>.
    /// </summary>
    public IReadOnlyDictionary<string, ColumnMapping> Fields { get; }

    /// <summary>The column that says whether a payment was fraud: 0 or 1, true or false.</summary>
    public string? LabelColumn { get; }

    /// <summary>
    /// How long after the payment its label becomes known; null where labels are not to be made
    /// from the column.
    /// </summary>
    public TimeSpan? LabelDelay { get; }

    /// <exception cref="InvalidInputFileException">The file is wrong.</exception>
    public static ColumnsFile Load(string path) => Read(YamlFile.Open(path));

    /// <inheritdoc cref="Load"/>
    /// <param name="name">The file's name, for messages.</param>
    /// <param name="text">Its YAML.</param>
    public static ColumnsFile Parse(string name, string text) => Read(YamlFile.Parse(name, text));

    private static ColumnsFile Read(YamlMap top)
    {
        top.Integer("version", 1, 1, 1);
        var map = top.OptionalMap("columns") ?? throw top.Error("columns", "is missing; map fields to columns: columns: {payment_id: COLUMN}");
        var fields = new Dictionary<string, ColumnMapping>(StringComparer.Ordinal);
        foreach (var field in map.Keys)
        {
            if (!KnownFields.Contains(field) && !field.StartsWith("attributes.", StringComparison.Ordinal))
            {
                throw map.Error(field, Nearest.To(field, KnownFields) is { } near
                    ? $"is no payment field; did you mean {near}?"
                    : $"is no payment field; known: {string.Join(", ", KnownFields)}, attributes.NAME");
            }

            fields[field] = ReadMapping(map, field, isAttribute: !KnownFields.Contains(field));
        }

        foreach (var required in new[] { "payment_id", "event_time", "amount", "currency" })
        {
            if (!fields.ContainsKey(required))
            {
                throw top.Error("columns", $"does not say where {required} comes from; give a column, or {{default: VALUE}}");
            }
        }

        var file = new ColumnsFile(fields, top.OptionalText("label"), top.OptionalDuration("label_delay"));
        top.RequireAllRead();
        return file;
    }

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
                fields["amount"] = new ColumnMapping(column, AmountUnit.Minor, TimeFormat.Iso8601, null);
            }
            else if (column == "event_time" || TextFields.TryParse(column, out _) || column.StartsWith("attributes.", StringComparison.Ordinal))
            {
                fields[column] = new ColumnMapping(column, AmountUnit.Minor, TimeFormat.Iso8601, null);
            }
        }

        return new ColumnsFile(fields, null, null);
    }

    private static ColumnMapping ReadMapping(YamlMap map, string field, bool isAttribute)
    {
        if (map.IsScalar(field))
        {
            return new ColumnMapping(map.Text(field), AmountUnit.Minor, TimeFormat.Iso8601, null);
        }

        var entry = map.OptionalMap(field) ?? throw map.Error(field, "is empty; give a column, or {default: VALUE}");
        var mapping = new ColumnMapping(
            entry.OptionalText("column"),
            entry.Choice("unit", "minor", "minor", "major") == "major" ? AmountUnit.Major : AmountUnit.Minor,
            entry.Choice("format", "iso8601", "iso8601", "unix_ms", "unix_s") switch
            {
                "unix_ms" => TimeFormat.UnixMilliseconds,
                "unix_s" => TimeFormat.UnixSeconds,
                _ => TimeFormat.Iso8601,
            },
            entry.OptionalText("default"),
            !isAttribute || !entry.Has("type") ? null
            : entry.Choice("type", "", "text", "number") == "number" ? ColumnType.Number
            : ColumnType.Text);
        entry.RequireAllRead();
        return mapping.Column is not null || mapping.Default is not null ? mapping : throw map.Error(field, "needs a column or a default");
    }
}
