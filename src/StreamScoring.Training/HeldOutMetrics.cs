using System.Globalization;
using System.Text.Json.Serialization;
using StreamScoring.Training.Evaluating;
using StreamScoring.Training.Rows;

namespace StreamScoring.Training;

/// <summary>What a model that was fitted to the early rows makes of the late ones, and on how many
/// rows and frauds that rests.</summary>
/// <param name="AucRoc">Null where either part has rows of one kind only.</param>
/// <param name="AveragePrecision">Likewise.</param>
/// <param name="AucRocInterval">The middle 95 % of draws of days; null where there are
/// none.</param>
/// <param name="AveragePrecisionInterval">Likewise.</param>
public sealed record HeldOutMetrics(
    int FittedRows, int FittedFrauds, int HeldOutRows, int HeldOutFrauds, double? AucRoc = null, double? AveragePrecision = null,
    IReadOnlyList<double>? AucRocInterval = null, IReadOnlyList<double>? AveragePrecisionInterval = null)
{
    private const int Draws = 200;

    /// <summary>In one line, for people.</summary>
    [JsonIgnore]
    public string Text => $"fitted to {FittedRows:N0} rows ({FittedFrauds:N0} frauds), the {HeldOutRows:N0} of the validation part ({HeldOutFrauds:N0} frauds) give "
        + (AucRoc is null ? "no metrics: either part has rows of one kind only" : $"auc_roc {Format(AucRoc)}, average_precision {Format(AveragePrecision)}{(AveragePrecisionInterval is null ? "" : $" ({Format(AveragePrecisionInterval)})")}");

    /// <param name="logOdds">[rows] Of the validation rows.</param>
    internal static HeldOutMetrics Of(LabelledRows fitted, LabelledRows validation, IReadOnlyList<double> logOdds, int seed, Action<int> drawn, CancellationToken cancel)
    {
        var ranking = new Ranking(logOdds, validation.Frauds);
        var draws = Bootstrap.Run(validation.Days, validation.Count, Draws, seed, [ranking.AreaUnderRoc, ranking.AveragePrecision], drawn, cancel);
        return Counted(fitted, validation) with
        {
            AucRoc = ranking.AreaUnderRoc(),
            AveragePrecision = ranking.AveragePrecision(),
            AucRocInterval = IntervalOf(draws, 0),
            AveragePrecisionInterval = IntervalOf(draws, 1),
        };
    }

    /// <summary>Without metrics.</summary>
    internal static HeldOutMetrics Counted(LabelledRows fitted, LabelledRows validation) => new(fitted.Count, fitted.FraudCount, validation.Count, validation.FraudCount);

    /// <summary>As they stand on a card.</summary>
    public IReadOnlyList<(string Key, string Value)> OfCard() =>
    [
        ("fitted_rows", Format(FittedRows)),
        ("fitted_frauds", Format(FittedFrauds)),
        ("held_out_rows", Format(HeldOutRows)),
        ("held_out_frauds", Format(HeldOutFrauds)),
        .. AucRoc is null
            ? [("held_out", "too few rows of one kind")]
            : new (string, string)[] { ("auc_roc", Format(AucRoc)), ("average_precision", Format(AveragePrecision)) },
        .. AucRocInterval is null ? Array.Empty<(string, string)>() : [("auc_roc_interval", Format(AucRocInterval))],
        .. AveragePrecisionInterval is null ? Array.Empty<(string, string)>() : [("average_precision_interval", Format(AveragePrecisionInterval))],
    ];

    private static double[]? IntervalOf(IReadOnlyList<double[]> draws, int measure) =>
        Bootstrap.Interval(draws.Select(values => values[measure])) is var (low, high) ? [low, high] : null;

    private static string Format(int count) => count.ToString(CultureInfo.InvariantCulture);

    private static string Format(double? metric) => metric!.Value.ToString("0.0000", CultureInfo.InvariantCulture);

    private static string Format(IReadOnlyList<double> interval) => $"{Format(interval[0])}..{Format(interval[1])}";
}
