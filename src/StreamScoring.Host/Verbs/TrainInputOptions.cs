using System.CommandLine;
using StreamScoring.Configuration;
using StreamScoring.Features;
using StreamScoring.Training.Rows;

namespace StreamScoring.Host.Verbs;

/// <summary>Which features a model takes, and as what.</summary>
internal sealed class TrainInputOptions
{
    private readonly Option<string?> _inputs = new("--inputs") { Description = "Features that are inputs (default: all of the file that are numbers)", HelpName = "A,B,…" };
    private readonly Option<string?> _without = new("--without") { Description = "Features that are no inputs, such as those that others are made of", HelpName = "A,B,…" };
    private readonly Option<string?> _categorical = new("--categorical") { Description = "Features whose values are kinds without an order: texts, which are left out otherwise, or whole numbers such as category codes", HelpName = "A,B,…" };
    private readonly Option<string?> _increasing = new("--increasing") { Description = "Inputs of which more never means a lower probability", HelpName = "A,B,…" };
    private readonly Option<string?> _decreasing = new("--decreasing") { Description = "Inputs of which more never means a higher probability", HelpName = "A,B,…" };

    private IEnumerable<Option<string?>> All => [_inputs, _without, _categorical, _increasing, _decreasing];

    public void AddTo(Command command)
    {
        foreach (var option in All)
        {
            command.Add(option);
        }
    }

    /// <exception cref="InvalidInputFileException">A name is none of the file's, or two options
    /// contradict each other. All such mistakes are named.</exception>
    public IReadOnlyList<InputColumn> ColumnsOf(ParseResult parsed, string featureFile, FeatureSchema schema, bool isLogistic)
    {
        var mistakes = new List<string>();
        foreach (var option in All)
        {
            mistakes.AddRange(Names(parsed, option).Where(name => schema.IndexOf(name) < 0).Select(name =>
                $"{option.Name}: {featureFile} has no feature {name}{(Nearest.To(name, schema.Names) is { } near ? $"; did you mean {near}?" : "")}"));
        }

        var (inputs, without, categorical) = (Names(parsed, _inputs), Names(parsed, _without), Names(parsed, _categorical));
        var (increasing, decreasing) = (Names(parsed, _increasing), Names(parsed, _decreasing));
        mistakes.AddRange(without.Intersect(inputs).Select(name => $"--without: {name} is one of --inputs"));
        mistakes.AddRange(increasing.Intersect(decreasing).Select(name => $"--decreasing: {name} is one of --increasing"));
        mistakes.AddRange(categorical.Intersect(increasing.Concat(decreasing)).Select(name => $"--categorical: {name} has no order, and cannot be one of --increasing or --decreasing"));
        mistakes.AddRange(inputs.Where(name => schema.IndexOf(name) is >= 0 and var at && schema.IsText(at) && !categorical.Contains(name)).Select(name => $"--inputs: {name} is a text; add it to --categorical"));
        if (isLogistic && categorical.Concat(increasing).Concat(decreasing).Any())
        {
            mistakes.Add("--categorical, --increasing and --decreasing are of trees; leave them out, or --kind logistic");
        }

        InputColumn[] columns = [.. schema.Names.Where((name, i) => (inputs.Count > 0 ? inputs.Contains(name) : !schema.IsText(i) || categorical.Contains(name)) && !without.Contains(name))
            .Select(name => new InputColumn(name)
            {
                IsText = schema.IsText(schema.IndexOf(name)),
                IsCategory = categorical.Contains(name),
                Direction = increasing.Contains(name) ? 1 : decreasing.Contains(name) ? -1 : 0,
            })];
        if (mistakes.Count == 0 && columns.Length == 0)
        {
            mistakes.Add($"{featureFile}: no feature is left that is an input; texts are inputs only with --categorical");
        }

        return mistakes.Count == 0 ? columns : throw new InvalidInputFileException(mistakes);
    }

    /// <returns>Texts that would be inputs if they were categories.</returns>
    public IReadOnlyList<string> TextsLeftOut(ParseResult parsed, FeatureSchema schema, IReadOnlyList<InputColumn> columns) =>
        Names(parsed, _inputs).Count > 0 ? []
            : [.. schema.Names.Where((name, i) => schema.IsText(i) && !columns.Any(column => column.Name == name) && !Names(parsed, _without).Contains(name))];

    private static List<string> Names(ParseResult parsed, Option<string?> option) =>
        [.. (parsed.GetValue(option) ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Distinct(StringComparer.Ordinal)];
}
