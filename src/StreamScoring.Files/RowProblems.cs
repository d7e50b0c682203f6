using System.Text;
using StreamScoring.Contracts;
using StreamScoring.Mapping;

namespace StreamScoring.Files;

/// <summary>Sentences on fields that could not be made of a row: the value, what is expected, what
/// to do.</summary>
internal static class RowProblems
{
    private const int ShownLengthMax = 80;

    /// <returns>What is wrong with the field, without the place.</returns>
    public static string Sentence(MapProblem problem, RecordPlan plan, SourceValues values, MappedRecord record)
    {
        var field = problem.Plan;
        var name = NameOf(field, plan);
        if (problem.Reason == MapReason.Missing)
        {
            return $"{name} is empty";
        }

        var written = Encoding.UTF8.GetString(plan.Written(field, values));
        written = written.Length == 0 ? field.Default ?? "" : written;
        var shown = field.Token is not null ? "(not shown)" : written.Length <= ShownLengthMax ? written : written[..ShownLengthMax] + "…";
        return problem.Reason switch
        {
            MapReason.NoTime => $"{name} is {shown}; expected {field.Time.Expected}",
            MapReason.NoNumber when field.Kind != FieldKind.Amount => $"{name} is {shown}; expected a number",
            MapReason.NoCurrency => $"{name} is {shown}, which is not an ISO 4217 code{Words(shown)}",
            MapReason.NoLabel => $"{name} is {shown}; expected {ExpectedLabel(field)}",
            MapReason.OtherCurrency => $"{name} is {shown}, and the currency is {CurrencyOf(record)}",
            _ => $"{name} is {shown}; expected a whole number of {CurrencyOf(record)} minor units that is not negative{(field.Amount.IsMajor ? ", written in major units" : "")}{Hint(problem)}",
        };
    }

    /// <summary>The field, and its column where that has another name.</summary>
    private static string NameOf(FieldPlan field, RecordPlan plan)
    {
        var columns = string.Join(" + ", field.Sources.Select(source => plan.Sources[source]));
        return columns.Length == 0 || field.Name == columns || field.Name.EndsWith("." + columns, StringComparison.Ordinal) || field.Name + "_minor" == columns
            ? field.Name : $"{field.Name} (column {columns})";
    }

    private static string CurrencyOf(MappedRecord record) => record.CurrencyIndex < 0 ? "its currency's" : CurrencyTable.CodeOf(record.CurrencyIndex);

    private static string Words(string shown) =>
        Nearest.To(shown.ToUpperInvariant(), CurrencyTable.Codes) is { } near && shown.Length == 3 ? $"; did you mean {near}?" : $"; say what it stands for: words: {{{(shown.Length <= 20 ? shown : "WORD")}: EUR}}";

    private static string ExpectedLabel(FieldPlan field) => field.FraudWords is null ? LabelWords.Expected
        : $"one of {string.Join(", ", field.FraudWords.Written.Concat(field.GenuineWords?.Written ?? []))}, or nothing where it is not known";

    private static string Hint(MapProblem problem) => problem.Reason switch
    {
        MapReason.Negative => "; if it is a refund, say what to do: refund: skip, or absolute",
        MapReason.Fraction when !problem.Plan.Amount.IsMajor => "; if it is in major units, say so: unit: major",
        MapReason.Fraction => "; to round it, say how: round: half_even",
        MapReason.NoNumber => problem.Plan.Amount.IsCommaDecimal ? " and with a decimal comma" : "; with a decimal comma, say so: decimal: \",\"",
        _ => "",
    };
}
