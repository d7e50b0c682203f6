using System.Globalization;
using System.Text;
using System.Text.Json;
using StreamScoring.Configuration;
using StreamScoring.Contracts;
using StreamScoring.Expressions;
using StreamScoring.Mapping;

namespace StreamScoring.Files;

/// <summary>Shows how a columns file reads the first rows of a table, field by field.</summary>
public static class ColumnsCheck
{
    private const int ShownLengthMax = 60;

    /// <param name="rowsMax">How many rows are shown.</param>
    /// <param name="uses">What features take attributes for.</param>
    /// <exception cref="InvalidInputFileException">The columns file does not fit the table's
    /// header, or the table cannot be read.</exception>
    public static IReadOnlyList<CheckedRow> Of(ColumnsFile columns, string table, int rowsMax, IReadOnlyDictionary<string, AttributeUse> uses)
    {
        ArgumentNullException.ThrowIfNull(columns);
        using var reader = TableReader.Open(table, columns.Form);
        var mapper = new RowMapper(reader, columns, uses);
        var rows = new List<CheckedRow>();
        while (rows.Count < rowsMax && reader.Read())
        {
            mapper.Fill();
            var order = columns.Fields.Keys.ToList();
            var skipped = mapper.Record.SkippedBy;
            rows.Add(new CheckedRow(
                reader.Place, skipped?.Name,
                [.. mapper.Plan.Fields.Where(field => field.Kind != FieldKind.Skip)
                    .OrderBy(field => order.IndexOf(field.Name) is >= 0 and var at ? at : field.Kind == FieldKind.Fraud ? int.MaxValue : order.Count)
                    .Select(field => Check(field, mapper, skipped is not null))]));
        }

        return rows;
    }

    private static CheckedField Check(FieldPlan field, RowMapper mapper, bool isSkipped)
    {
        var record = mapper.Record;
        var problem = record.Problems.Where(problem => problem.Plan == field).Select(problem => Shown(RowProblems.Sentence(problem, mapper.Plan, mapper.Values, record), int.MaxValue)).FirstOrDefault();
        return new CheckedField(
            field.Kind == FieldKind.Fraud ? "label" : field.Name,
            field.IsRowNumber ? "(row number)" : field.Sources.Count == 0 ? "(constant)" : string.Join(" + ", field.Sources.Select(source => mapper.Plan.Sources[source])),
            field.Token is not null ? null : Shown(Encoding.UTF8.GetString(mapper.Plan.Written(field, mapper.Values)), ShownLengthMax),
            problem is not null || isSkipped ? null : ValueOf(field, record), problem);
    }

    private static string? ValueOf(FieldPlan field, MappedRecord record) => field.Kind switch
    {
        FieldKind.EventTime => DecisionJson.Iso(record.EventTimeMs),
        FieldKind.Amount => record.CurrencyIndex < 0 ? null
            : string.Create(CultureInfo.InvariantCulture, $"{(decimal)record.AmountMinor / (decimal)Math.Pow(10, CurrencyTable.ExponentOf(record.CurrencyIndex))} {CurrencyTable.CodeOf(record.CurrencyIndex)}"),
        FieldKind.Text => Text(record.Text(field.Field)),
        FieldKind.Fraud => record.IsFraud switch { true => "fraud", false => "genuine", _ => null },
        _ when !record.HasAttribute(field.Attribute) => null,
        _ when record.TryNumber(field.Attribute, out var number) => CardNumber.IsIn(number) ? "(not shown: it may hold a card number)" : number.ToString("R", CultureInfo.InvariantCulture),
        _ => JsonSerializer.Serialize(Text(record.AttributeText(field.Attribute))),
    };

    private static string? Text(ReadOnlySpan<byte> text) => text.IsEmpty ? null : text.Length == CardToken.Length ? Encoding.UTF8.GetString(text) : Shown(Encoding.UTF8.GetString(text), ShownLengthMax);

    private static string Shown(string text, int lengthMax)
    {
        text = CardNumber.IsIn(text) ? CardNumber.Mask(text) : text;
        return text.Length <= lengthMax ? text : text[..(lengthMax - 1)] + "…";
    }
}
