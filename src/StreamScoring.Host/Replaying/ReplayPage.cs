using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using ScottPlot;
using StreamScoring.Batches;
using StreamScoring.Configuration;
using StreamScoring.Contracts;
using StreamScoring.Host.Reports;

namespace StreamScoring.Host.Replaying;

/// <summary>A replay as one page of HTML that needs nothing else, with its numbers beside it.
/// </summary>
internal static class ReplayPage
{
    private const int Width = 620, Height = 380;

    private static readonly DecisionAction[] Actions = Enum.GetValues<DecisionAction>();

    /// <param name="notices">What is to be known beside the numbers, a sentence each.</param>
    /// <exception cref="InvalidInputFileException">The folder cannot be written.</exception>
    public static void Write(string folder, ReplaySummary summary, IReadOnlyList<string> notices) =>
        ReportPage.Write(folder, Html($"{summary.Topic} decided anew", summary, notices), Json(summary, notices));

    private static JsonObject Json(ReplaySummary summary, IReadOnlyList<string> notices)
    {
        var json = summary.ToJson();
        json["actions"] = new JsonObject(Actions.Select(recorded => KeyValuePair.Create(ReplaySummary.NameOf(recorded), (JsonNode?)new JsonObject(
            Actions.Select(replayed => KeyValuePair.Create(ReplaySummary.NameOf(replayed), (JsonNode?)summary.Actions[(int)recorded, (int)replayed]))))));
        json["scores"] = new JsonObject { ["recorded"] = Counts(summary.RecordedScores), ["replayed"] = Counts(summary.ReplayedScores) };
        json["rules"] = new JsonObject(summary.Rules.Select(rule => KeyValuePair.Create(rule.Key, (JsonNode?)new JsonObject { ["recorded"] = rule.Value.Recorded, ["replayed"] = rule.Value.Replayed })));
        json["features"] = new JsonObject(summary.Features.Select(feature => KeyValuePair.Create(feature.Key, (JsonNode?)feature.Value)));
        json["labels"] = summary.Judgement?.ToJson();
        json["notices"] = new JsonArray([.. notices.Select(notice => (JsonNode?)notice)]);
        json["changed_most"] = new JsonArray([.. summary.Most.Select(changed => (JsonNode?)ChangedJson.Of(changed, summary.Topic))]);
        return json;
    }

    private static JsonArray Counts(long[] counts) => new([.. counts.Select(count => (JsonNode?)count)]);

    private static string Html(string title, ReplaySummary summary, IReadOnlyList<string> notices)
    {
        var page = ReportPage.Begin(title);
        page.Append(CultureInfo.InvariantCulture, $$"""
            <p>{{summary.Payments:N0}} payments, {{summary.Compared:N0}} compared, {{summary.Missing:N0}} missing. {{summary.Changed:N0}} differ: in features {{summary.Differences[0]:N0}}, score {{summary.Differences[1]:N0}}, action {{summary.Differences[2]:N0}}, rules {{summary.Differences[3]:N0}}.</p>

            """);
        foreach (var notice in notices)
        {
            page.Append(CultureInfo.InvariantCulture, $"<p>{ReportPage.Escape(notice)}</p>\n");
        }

        Matrix(page, summary);
        Scores(page, summary);
        if (summary.Judgement is { } judgement)
        {
            Labels(page, judgement);
        }

        Rules(page, summary);
        Most(page, summary);
        return page.Append("</body></html>\n").ToString();
    }

    private static void Matrix(StringBuilder page, ReplaySummary summary)
    {
        page.Append("<table><thead><tr><th>was, and is now</th>");
        foreach (var action in Actions)
        {
            page.Append(CultureInfo.InvariantCulture, $"<th>{ReplaySummary.NameOf(action)}</th>");
        }

        page.Append("</tr></thead><tbody>\n");
        foreach (var recorded in Actions)
        {
            page.Append(CultureInfo.InvariantCulture, $"<tr><td>{ReplaySummary.NameOf(recorded)}</td>");
            foreach (var replayed in Actions)
            {
                page.Append(CultureInfo.InvariantCulture, $"<td{(recorded == replayed ? " class=\"same\"" : "")}>{summary.Actions[(int)recorded, (int)replayed]:N0}</td>");
            }

            page.Append("</tr>\n");
        }

        page.Append("</tbody></table>\n");
    }

    private static void Scores(StringBuilder page, ReplaySummary summary) => Figure(page, "Payments by score", plot =>
    {
        foreach (var (counts, name) in new[] { (summary.RecordedScores, "as recorded"), (summary.ReplayedScores, "now") })
        {
            var line = plot.Add.ScatterLine(Enumerable.Range(0, counts.Length).Select(score => (double)score).ToArray(), counts.Select(count => Math.Log10(count + 1)).ToArray());
            (line.LegendText, line.LineWidth) = (name, 2);
        }

        plot.ShowLegend();
        plot.XLabel("score");
        plot.YLabel("log10(payments + 1)");
    });

    private static void Labels(StringBuilder page, ReplayJudgement judgement)
    {
        page.Append(CultureInfo.InvariantCulture, $"<p>By labels as known in the end: {judgement.Frauds:N0} frauds, {judgement.Genuine:N0} others; {judgement.Unknown:N0} were blocked and have no label, so nobody knows, and they are left out.</p>\n");
        page.Append("<table><thead><tr><th>action</th><th>frauds, recorded</th><th>frauds, now</th><th>others, recorded</th><th>others, now</th></tr></thead><tbody>\n");
        foreach (var action in Actions)
        {
            var i = (int)action;
            page.Append(CultureInfo.InvariantCulture, $"<tr><td>{ReplaySummary.NameOf(action)}</td><td>{judgement.FraudsBy.Recorded[i]:N0}</td><td>{judgement.FraudsBy.Replayed[i]:N0}</td><td>{judgement.GenuineBy.Recorded[i]:N0}</td><td>{judgement.GenuineBy.Replayed[i]:N0}</td></tr>\n");
        }

        page.Append("</tbody></table>\n");
        var now = judgement.Curve(isRecorded: false);
        Figure(page, "Precision over recall, by score", plot =>
        {
            foreach (var (curve, name) in new[] { (judgement.Curve(isRecorded: true), "as recorded"), (now, "now") })
            {
                var points = curve.Where(point => point is { Precision: not null, Recall: not null }).ToList();
                var recalls = points.Select(point => point.Recall!.Value).ToArray();
                var line = plot.Add.ScatterLine(recalls, points.Select(point => point.Precision!.Value).ToArray());
                (line.LegendText, line.LineWidth) = (name, 2);
                var banded = points.Where(point => point.Band is not null).ToList();
                if (banded.Count > 1)
                {
                    var band = plot.Add.FillY(banded.Select(point => point.Recall!.Value).ToArray(), banded.Select(point => point.Band!.Value.Low).ToArray(), banded.Select(point => point.Band!.Value.High).ToArray());
                    band.FillColor = line.Color.WithAlpha(0.15);
                    band.LineColor = Colors.Transparent;
                }
            }

            plot.ShowLegend();
            plot.XLabel("recall");
            plot.YLabel("precision");
            plot.Axes.SetLimits(0, 1, 0, 1.02);
        });
        page.Append("<table><thead><tr><th>stopped from score, now</th><th>precision</th><th>recall</th><th>fraud money stopped</th><th>good money stopped</th></tr></thead><tbody>\n");
        foreach (var point in now.Where(point => point.Score % 5 == 0))
        {
            var money = judgement.MoneyFrom(point.Score);
            page.Append(CultureInfo.InvariantCulture, $"<tr><td>{point.Score}</td><td>{Share(point.Precision)}</td><td>{Share(point.Recall)}</td><td>{Amounts(money.Select(of => (of.Currency, of.FraudStopped)))}</td><td>{Amounts(money.Select(of => (of.Currency, of.GenuineStopped)))}</td></tr>\n");
        }

        page.Append("</tbody></table>\n<p>Amounts are in minor units. The band is the middle 95 % of draws of whole days.</p>\n");
    }

    private static void Rules(StringBuilder page, ReplaySummary summary)
    {
        if (summary.Rules.Count == 0)
        {
            return;
        }

        page.Append("<table><thead><tr><th>rule</th><th>fired, recorded</th><th>fires now</th></tr></thead><tbody>\n");
        foreach (var (rule, (recorded, replayed)) in summary.Rules)
        {
            page.Append(CultureInfo.InvariantCulture, $"<tr><td>{ReportPage.Escape(rule)}</td><td>{recorded:N0}</td><td>{replayed:N0}</td></tr>\n");
        }

        page.Append("</tbody></table>\n");
    }

    private static void Most(StringBuilder page, ReplaySummary summary)
    {
        if (summary.Most.Count == 0)
        {
            return;
        }

        page.Append("<h2>Payments that changed most</h2>\n<table><thead><tr><th>payment</th><th>recorded</th><th>now</th><th>why</th></tr></thead><tbody>\n");
        foreach (var changed in summary.Most)
        {
            var recorded = changed.Recorded;
            page.Append(CultureInfo.InvariantCulture, $"<tr><td>{ReportPage.Escape(CardNumber.Mask(recorded.PaymentId))}</td><td>{ReplaySummary.NameOf(recorded.Action)} {recorded.Score}</td><td>{ReplaySummary.NameOf(changed.Replayed.Action)} {changed.Replayed.Score}</td><td class=\"text\">{ReportPage.Escape(WhyOf(changed))}</td></tr>\n");
        }

        page.Append("</tbody></table>\n");
    }

    private static string WhyOf(ChangedPayment changed)
    {
        var why = changed.Features.Select(feature => string.Create(CultureInfo.InvariantCulture, $"{feature.Name} {feature.Recorded ?? "missing"} → {feature.Replayed ?? "missing"}"))
            .Concat(changed.Recorded.Rules.Except(changed.Rules).Select(rule => $"{rule} fired"))
            .Concat(changed.Rules.Except(changed.Recorded.Rules).Select(rule => $"{rule} fires now")).ToList();
        return why.Count > 0 ? string.Join("; ", why)
            : changed.Differences.HasFlag(ReplayDifference.Score) ? "another model or calibration" : "other thresholds, or an order of rules";
    }

    private static void Figure(StringBuilder page, string title, Action<Plot> draw) => ReportPage.Figure(page, title, Width, Height, draw);

    private static string Share(double? share) => share is { } value ? value.ToString("0.0 %", CultureInfo.InvariantCulture) : "–";

    private static string Amounts(IEnumerable<(string Currency, Int128 Amount)> amounts) =>
        string.Join("<br>", amounts.Select(of => string.Create(CultureInfo.InvariantCulture, $"{of.Amount:N0} {of.Currency}")));
}
