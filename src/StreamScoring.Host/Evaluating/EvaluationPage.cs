using System.Globalization;
using System.Text;
using ScottPlot;
using StreamScoring.Configuration;
using StreamScoring.Contracts;
using StreamScoring.Host.Reports;
using StreamScoring.Training.Evaluating;

namespace StreamScoring.Host.Evaluating;

/// <summary>An evaluation as one page of HTML that needs nothing else, with its numbers beside it.
/// </summary>
internal static class EvaluationPage
{
    private const int Width = 520, Height = 380, PointsMax = 2000;

    /// <exception cref="InvalidInputFileException">The folder cannot be written.</exception>
    public static void Write(string folder, EvaluationResult result) => ReportPage.Write(folder, Html(result), EvaluationJson.Of(result));

    private static string Html(EvaluationResult result)
    {
        var whole = result.Whole;
        var page = ReportPage.Begin(result.Model);
        page.Append(CultureInfo.InvariantCulture, $$"""
            <p>{{whole.Rows:N0}} rows, {{whole.Frauds:N0}} of them fraud. Left out: {{result.Unlabelled:N0}} without a label, {{result.Unscored:N0}} without a score{{(result.FirstUnscored is { } first ? $"; the first of them is {ReportPage.Escape(first)}" : "")}}.</p>

            """);
        List<(string, Evaluation, IReadOnlyDictionary<string, (double, double)>)> models = [(result.Model, whole, result.Intervals)];
        if (result.Comparison is { } comparison)
        {
            models.Add((comparison.Model, comparison.Other, new Dictionary<string, (double, double)>()));
        }

        Measures(page, models, result.K);
        if (result.Comparison is { } other)
        {
            page.Append("<table><thead><tr><th>difference, on the same rows</th><th></th><th>95 % interval</th></tr></thead><tbody>\n");
            foreach (var (measure, (difference, interval)) in other.Differences)
            {
                page.Append(CultureInfo.InvariantCulture, $"<tr><td>{measure}</td><td>{difference:+0.0000;-0.0000}</td><td>{(interval is { } drawn ? string.Create(CultureInfo.InvariantCulture, $"{drawn.Low:+0.0000;-0.0000} to {drawn.High:+0.0000;-0.0000}") : "–")}</td></tr>\n");
            }

            page.Append("</tbody></table>\n");
        }

        Figures(page, result);
        Thresholds(page, whole);
        Segments(page, result);
        return page.Append("<p>Intervals are the middle 95 % of bootstrap draws, of whole days where the table has times.</p>\n</body></html>\n").ToString();
    }

    private static void Measures(StringBuilder page, List<(string Model, Evaluation Evaluation, IReadOnlyDictionary<string, (double Low, double High)> Intervals)> models, int k)
    {
        page.Append(CultureInfo.InvariantCulture, $"<table><thead><tr><th>model</th><th>average precision</th><th>area under ROC</th><th>card precision@{k}</th><th>Brier score</th><th>calibration error</th></tr></thead><tbody>\n");
        foreach (var (model, evaluation, intervals) in models)
        {
            page.Append(CultureInfo.InvariantCulture, $"<tr><td>{ReportPage.Escape(model)}</td><td>{Number(evaluation.AveragePrecision)}{Interval(intervals, EvaluationJson.Drawn[0])}</td><td>{Number(evaluation.AreaUnderRoc)}{Interval(intervals, EvaluationJson.Drawn[1])}</td><td>{Number(evaluation.MeanCardPrecision)}</td><td>{Number(evaluation.Brier)}</td><td>{Number(evaluation.CalibrationError)}</td></tr>\n");
        }

        page.Append("</tbody></table>\n");
    }

    private static void Figures(StringBuilder page, EvaluationResult result)
    {
        Figure(page, "Precision over recall", plot =>
        {
            Line(plot, result.Curve, result.Model);
            if (result.Comparison is { } other)
            {
                Line(plot, other.Curve, other.Model);
                plot.ShowLegend();
            }

            plot.XLabel("recall");
            plot.YLabel("precision");
            plot.Axes.SetLimits(0, 1, 0, 1.02);
        });
        Figure(page, "Share of frauds by probability", plot =>
        {
            plot.Add.Line(0, 0, 1, 1).LineColor = Colors.LightGray;
            var bins = plot.Add.Scatter(result.Calibration.Select(bin => bin.Mean).ToArray(), result.Calibration.Select(bin => bin.Share).ToArray());
            bins.MarkerSize = 8;
            plot.XLabel("mean probability");
            plot.YLabel("share of frauds");
            plot.Axes.SetLimits(0, 1, 0, 1.02);
        });
        if (result.Money.Count > 0)
        {
            Figure(page, "Money of frauds that is stopped, over money of genuine payments", plot =>
            {
                Line(plot, MoneyLine(result.Money), result.Model);
                if (result.Comparison is { } other)
                {
                    Line(plot, MoneyLine(other.Money), other.Model);
                    plot.ShowLegend();
                }

                plot.XLabel("share of the genuine payments' money");
                plot.YLabel("share of the frauds' money");
                plot.Axes.SetLimits(0, 1, 0, 1.02);
            });
        }

        if (result.Whole.CardPrecision is { } days)
        {
            Figure(page, $"Card precision@{result.K} by day", plot =>
            {
                var line = plot.Add.Scatter(days.Select(day => DateTime.UnixEpoch.AddDays(day.Day).ToOADate()).ToArray(), days.Select(day => day.Precision).ToArray());
                line.MarkerSize = 6;
                plot.Axes.DateTimeTicksBottom();
                plot.Axes.SetLimitsY(0, Math.Max(0.1, days.Max(day => day.Precision) * 1.1));
            });
        }
    }

    private static IReadOnlyList<(double, double)> MoneyLine(IReadOnlyList<(double Fraud, double Genuine)> money) => [(0, 0), .. money.Select(point => (point.Genuine, point.Fraud))];

    /// <summary>A curve of a million points is one of two thousand to the eye.</summary>
    private static void Line(Plot plot, IReadOnlyList<(double X, double Y)> curve, string model)
    {
        var step = Math.Max(1, curve.Count / PointsMax);
        var points = curve.Where((_, i) => i % step == 0 || i == curve.Count - 1).ToList();
        var line = plot.Add.ScatterLine(points.Select(point => point.X).ToArray(), points.Select(point => point.Y).ToArray());
        line.LegendText = model.Split('@')[0];
        line.LineWidth = 2;
    }

    private static void Figure(StringBuilder page, string title, Action<Plot> draw) => ReportPage.Figure(page, title, Width, Height, draw);

    private static void Thresholds(StringBuilder page, Evaluation whole)
    {
        page.Append("<table><thead><tr><th>from score</th><th>precision</th><th>recall</th><th>flagged</th>");
        var money = whole.Thresholds[0].Money;
        page.Append(money is null ? "" : "<th>frauds' money</th><th>share</th><th>genuine payments' money</th><th>share</th>").Append("</tr></thead><tbody>\n");
        foreach (var row in whole.Thresholds.Where(row => row.Score % 5 == 0))
        {
            page.Append(CultureInfo.InvariantCulture, $"<tr><td>{row.Score}</td><td>{Number(row.Precision)}</td><td>{Number(row.Recall)}</td><td>{row.Flagged:N0}</td>");
            if (row.Money is { } stopped)
            {
                page.Append(CultureInfo.InvariantCulture, $"<td>{stopped.Fraud:N0}</td><td>{Number(ShareOf(stopped.Fraud, money!.Fraud))}</td><td>{stopped.Genuine:N0}</td><td>{Number(ShareOf(stopped.Genuine, money.Genuine))}</td>");
            }

            page.Append("</tr>\n");
        }

        page.Append("</tbody></table>\n");
    }

    private static void Segments(StringBuilder page, EvaluationResult result)
    {
        if (result.Segments.Count == 0)
        {
            return;
        }

        page.Append("<table><thead><tr><th>segment</th><th>rows</th><th>frauds</th><th>average precision</th><th>area under ROC</th><th>calibration error</th></tr></thead><tbody>\n");
        foreach (var (column, value, segment) in result.Segments)
        {
            page.Append(CultureInfo.InvariantCulture, $"<tr><td>{ReportPage.Escape(CardNumber.Mask($"{column} = {value}"))}</td><td>{segment.Rows:N0}</td><td>{segment.Frauds:N0}</td><td>{Number(segment.AveragePrecision)}</td><td>{Number(segment.AreaUnderRoc)}</td><td>{Number(segment.CalibrationError)}</td></tr>\n");
        }

        page.Append("</tbody></table>\n");
    }

    private static double? ShareOf(double part, double whole) => whole > 0 ? part / whole : null;

    private static string Number(double? value) => value is { } number ? number.ToString("0.0000", CultureInfo.InvariantCulture) : "–";

    private static string Interval(IReadOnlyDictionary<string, (double Low, double High)> intervals, string measure) =>
        intervals.TryGetValue(measure, out var drawn) ? string.Create(CultureInfo.InvariantCulture, $" ({drawn.Low:0.0000}–{drawn.High:0.0000})") : "";
}
