using System.Globalization;
using System.Text.Json.Serialization;

namespace StreamScoring.Training;

/// <summary>What a model that was fitted to the first rows makes of the last ones, and on how many
/// rows and frauds that rests.</summary>
/// <param name="AucRoc">Null where either part has rows of one kind only.</param>
/// <param name="AveragePrecision">Likewise.</param>
public sealed record HeldOutMetrics(int FittedRows, int FittedFrauds, int HeldOutRows, int HeldOutFrauds, double? AucRoc, double? AveragePrecision)
{
    /// <summary>In one line, for people.</summary>
    [JsonIgnore]
    public string Text => $"fitted to the first {FittedRows:N0} rows ({FittedFrauds:N0} frauds), the last {HeldOutRows:N0} ({HeldOutFrauds:N0} frauds) give "
        + (AucRoc is null ? "no metrics: either part has rows of one kind only" : $"auc_roc {Format(AucRoc)}, average_precision {Format(AveragePrecision)}");

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
    ];

    private static string Format(int count) => count.ToString(CultureInfo.InvariantCulture);

    private static string Format(double? metric) => metric!.Value.ToString("0.0000", CultureInfo.InvariantCulture);
}
