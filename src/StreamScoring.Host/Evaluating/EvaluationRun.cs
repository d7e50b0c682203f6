using System.Globalization;
using StreamScoring.Configuration;
using StreamScoring.Contracts;
using StreamScoring.Onnx;
using StreamScoring.Training.Evaluating;

namespace StreamScoring.Host.Evaluating;

/// <summary>Scores a table with one model or two, and measures them.</summary>
/// <param name="k">Cards that analysts look at a day.</param>
/// <param name="draws">Of the bootstrap; 0: no intervals.</param>
/// <param name="told">What was said of the output of bare files.</param>
internal sealed class EvaluationRun(string data, EvaluatedColumns columns, int k, int draws, int seed, ModelLoadOptions told, CancellationToken cancel)
{
    /// <summary>A segment of a column with more values says nothing.</summary>
    private const int SegmentsMax = 1000;

    /// <exception cref="InvalidInputFileException">A file is wrong, or no row is left.</exception>
    public EvaluationResult Of(string modelPath, string? otherPath)
    {
        var table = EvaluatedTable.Read(data, columns, cancel);
        var notices = new List<string>();
        var (name, probabilities, unscored) = Score(modelPath, table, notices);
        var (otherName, others, otherUnscored) = otherPath is null ? ("", null, null) : Score(otherPath, table, notices);
        var first = unscored ?? otherUnscored;
        List<int> labelled = [.. Enumerable.Range(0, table.Labels.Count).Where(row => table.Labels[row] is not null)];
        List<int> rows = [.. labelled.Where(row => !double.IsNaN(probabilities[row]) && others?[row] is not double.NaN)];
        if (rows.Count == 0)
        {
            throw new InvalidInputFileException($"{data}: of {table.Labels.Count:N0} rows {labelled.Count:N0} have a label, and none of them a probability; there is nothing to measure{(first is null ? "" : $". The first is {first}")}");
        }

        var scores = ScoresOf(table, rows, probabilities);
        var whole = Evaluation.Of(scores, k);
        var ranking = new Ranking(scores.Probabilities, scores.Frauds);
        var other = others is null ? null : ScoresOf(table, rows, others);
        var otherRanking = other is null ? null : new Ranking(other.Probabilities, other.Frauds);
        var drawn = Draw(scores, ranking, otherRanking);
        return new EvaluationResult(
            name, whole, table.Labels.Count - labelled.Count, labelled.Count - rows.Count, first, k, IntervalsOf(drawn), other is null ? null : Compare(otherName, whole, other, otherRanking!, drawn),
            SegmentsOf(table, rows, scores), ranking.PrecisionRecall(), MoneyOf(ranking, scores), Calibration.Curve(scores), notices);
    }

    /// <returns>With the first row that has a label and no probability, and why.</returns>
    private (string Name, double[] Probabilities, string? Unscored) Score(string path, EvaluatedTable labels, List<string> notices)
    {
        var others = columns.All;
        var mlflow = Directory.Exists(path) ? MlflowFolder.Find(path) : null;
        var options = (ModelPath.HasCard(path) ? new ModelLoadOptions() : told) with { Cancel = cancel };
        // A bare file's inputs are the table's other columns; those that it names itself are its.
        IReadOnlyList<string> named = mlflow is { Inputs.Count: > 0 } ? mlflow.Inputs : Directory.Exists(path) && mlflow is null ? [] : OnnxModelLoader.InputsNamedBy(mlflow?.ModelFile ?? path);
        var choice = Directory.Exists(path) && mlflow is null ? new InputChoice(null, null, null) : new InputChoice(null, string.Join(',', others.Distinct().Except(named)), null);
        using var model = ModelPath.Load(path, data, choice, options);
        notices.AddRange(model.Notices.Select(notice => $"{path}: {notice}"));
        if (model.Inputs.Any(input => input.Name == columns.Label))
        {
            throw new InvalidInputFileException($"{path}: {columns.Label} is an input of the model, and cannot be its label");
        }

        var table = ScoringTable.Read(data, model.Inputs);
        var (probabilities, unscored) = (new double[table.RowCount], new UnscoredRows());
        TableScorer.Run(model, table, unscored, (first, raw) =>
        {
            for (var i = 0; i < raw.Length; i++)
            {
                probabilities[first + i] = model.Calibration.Probability(raw[i]);
                if (double.IsNaN(probabilities[first + i]) && labels.Labels[first + i] is not null)
                {
                    unscored.Add(CardNumber.Mask(table.Ids[first + i] ?? (first + i).ToString(CultureInfo.InvariantCulture)), raw[i]);
                }
            }
        }, cancel);
        return ($"{model.Name}@{model.Version}", probabilities, unscored.First);
    }

    private static LabelledScores ScoresOf(EvaluatedTable table, List<int> rows, double[] probabilities) => new(
        [.. rows.Select(row => probabilities[row])], [.. rows.Select(row => table.Labels[row]!.Value)],
        table.Days is { } days ? [.. rows.Select(row => days[row])] : null, table.Groups is { } groups ? [.. rows.Select(row => groups[row])] : null)
    {
        Amounts = table.Amounts is { } amounts ? [.. rows.Select(row => amounts[row])] : null,
    };

    private static IReadOnlyList<(double Fraud, double Genuine)> MoneyOf(Ranking ranking, LabelledScores scores) => scores.Amounts is { } amounts ? ranking.Money(amounts) : [];

    /// <returns>[measures][draws] Those of the first model, then of the other one.</returns>
    private IReadOnlyList<double[]> Draw(LabelledScores scores, Ranking ranking, Ranking? other)
    {
        using var progress = new ProgressLine();
        Func<int[], double?>[] measures = [ranking.AveragePrecision, ranking.AreaUnderRoc, .. other is null ? [] : new Func<int[], double?>[] { other.AveragePrecision, other.AreaUnderRoc }];
        return Bootstrap.Run(scores.Days, scores.Count, draws, seed, measures, draw => progress.Show($"{draw:N0} of {draws:N0} draws"), cancel);
    }

    private static Dictionary<string, (double Low, double High)> IntervalsOf(IReadOnlyList<double[]> drawn)
    {
        var intervals = new Dictionary<string, (double, double)>();
        foreach (var (measure, index) in EvaluationJson.Drawn.Select((measure, index) => (measure, index)))
        {
            if (Bootstrap.Interval(drawn.Select(values => values[index])) is { } interval)
            {
                intervals[measure] = interval;
            }
        }

        return intervals;
    }

    private EvaluationComparison Compare(string name, Evaluation whole, LabelledScores scores, Ranking ranking, IReadOnlyList<double[]> drawn)
    {
        var other = Evaluation.Of(scores, k);
        var differences = new Dictionary<string, (double, (double, double)?)>();
        foreach (var (measure, index, difference) in ((string, int, double?)[])[(EvaluationJson.Drawn[0], 0, whole.AveragePrecision - other.AveragePrecision), (EvaluationJson.Drawn[1], 1, whole.AreaUnderRoc - other.AreaUnderRoc)])
        {
            if (difference is { } value)
            {
                differences[measure] = (value, Bootstrap.Interval(drawn.Select(values => values[index] - values[index + EvaluationJson.Drawn.Count])));
            }
        }

        return new EvaluationComparison(name, other, differences, ranking.PrecisionRecall(), MoneyOf(ranking, scores));
    }

    private List<(string Column, string Value, Evaluation Evaluation)> SegmentsOf(EvaluatedTable table, List<int> rows, LabelledScores scores)
    {
        var segments = new List<(string, string, Evaluation)>();
        foreach (var (column, values) in columns.Segments.Zip(table.Segments))
        {
            var parts = Enumerable.Range(0, rows.Count).GroupBy(i => values[rows[i]], StringComparer.Ordinal).ToList();
            if (parts.Count > SegmentsMax)
            {
                throw new InvalidInputFileException($"{data}: {column} has {parts.Count:N0} values; --by takes a column of {SegmentsMax:N0} at the most");
            }

            segments.AddRange(parts.OrderByDescending(part => part.Count()).ThenBy(part => part.Key, StringComparer.Ordinal).Select(part => (column, part.Key, Evaluation.Of(scores.Of([.. part]), k))));
        }

        return segments;
    }
}
