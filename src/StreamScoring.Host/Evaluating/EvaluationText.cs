using System.Globalization;
using System.Text;
using StreamScoring.Contracts;

namespace StreamScoring.Host.Evaluating;

/// <summary>An evaluation as people read it at a terminal.</summary>
internal static class EvaluationText
{
    /// <summary>Every tenth score is enough to see the way.</summary>
    private const int ScoreStep = 10;

    public static string Of(EvaluationResult result)
    {
        var text = new StringBuilder();
        var whole = result.Whole;
        Line($"{result.Model}");
        Line($"  rows               {whole.Rows,12:N0}, {whole.Frauds:N0} of them fraud; left out: {result.Unlabelled:N0} without a label, {result.Unscored:N0} without a score");
        if (result.FirstUnscored is { } first)
        {
            Line($"  the first without a score is {TerminalText.Escape(first)}");
        }

        Line($"  average precision  {Number(whole.AveragePrecision)}{Interval("average_precision")}");
        Line($"  area under ROC     {Number(whole.AreaUnderRoc)}{Interval("auc")}");
        if (whole.MeanCardPrecision is { } cards)
        {
            Line($"  card precision@{result.K,-3} {Number(cards)}, the mean of {whole.CardPrecision!.Count:N0} days");
        }

        Line($"  Brier score        {Number(whole.Brier)}");
        Line($"  calibration error  {Number(whole.CalibrationError)}");
        if (result.Comparison is { } other)
        {
            Line($"\nagainst {other.Model}, on the same rows");
            foreach (var (measure, (difference, interval)) in other.Differences)
            {
                Line($"  {measure,-18} {difference,12:+0.0000;-0.0000}{(interval is { } drawn ? string.Create(CultureInfo.InvariantCulture, $"  ({drawn.Low:+0.0000;-0.0000} to {drawn.High:+0.0000;-0.0000})") : "")}");
            }
        }

        var money = whole.Thresholds[0].Money;
        Line($"\n  from score  precision     recall      flagged{(money is null ? "" : "   fraud money stopped  genuine money stopped")}");
        foreach (var row in whole.Thresholds.Where(row => row.Score % ScoreStep == 0))
        {
            Line($"  {row.Score,10} {Number(row.Precision)[5..],10} {Number(row.Recall)[5..],10} {row.Flagged,12:N0}{(money is null ? "" : Share(row.Money!.Fraud, money.Fraud).PadLeft(22) + Share(row.Money.Genuine, money.Genuine).PadLeft(23))}");
        }

        if (result.Segments.Count > 0)
        {
            Line($"\n  segment                               rows     frauds  average precision");
            foreach (var (column, value, segment) in result.Segments)
            {
                Line($"  {TerminalText.Escape(CardNumber.Mask($"{column} = {value}")),-30} {segment.Rows,11:N0} {segment.Frauds,10:N0} {Number(segment.AveragePrecision),18}");
            }
        }

        return text.ToString().TrimEnd();

        void Line(FormattableString line) => text.AppendLine(FormattableString.Invariant(line));

        string Interval(string measure) => result.Intervals.TryGetValue(measure, out var drawn) ? string.Create(CultureInfo.InvariantCulture, $"  ({drawn.Low:0.0000} to {drawn.High:0.0000})") : "";
    }

    private static string Share(double part, double whole) => whole > 0 ? (part / whole).ToString("0.0 %", CultureInfo.InvariantCulture) : "-";

    private static string Number(double? value) => value is { } number ? number.ToString("0.0000", CultureInfo.InvariantCulture).PadLeft(12) : "-".PadLeft(12);
}
