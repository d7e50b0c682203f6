using System.Globalization;
using System.Net;
using System.Text;

namespace StreamScoring.Training;

/// <summary>A backtest as a page of HTML that needs nothing else.</summary>
public static class BacktestPage
{
    /// <param name="title">What was tested, on what.</param>
    public static string Of(string title, BacktestSummary summary)
    {
        ArgumentNullException.ThrowIfNull(summary);
        var page = new StringBuilder();
        page.Append(CultureInfo.InvariantCulture, $$"""
            <!doctype html>
            <html lang="en"><head><meta charset="utf-8"><title>{{Html(title)}}</title>
            <style>
            body { font: 15px/1.4 system-ui, sans-serif; margin: 2em; color: #222 }
            table { border-collapse: collapse } th, td { padding: .3em .8em; border-bottom: 1px solid #ddd; text-align: right }
            th:first-child, td:first-child, td.text, th.text { text-align: left } th { background: #f4f4f4 }
            td.bar { min-width: 8em } td.bar span { display: inline-block; height: .7em; background: #4a7bb5 }
            </style></head><body>
            <h1>{{Html(title)}}</h1>
            <p>{{summary.Payments:N0}} payments, {{summary.Frauds:N0}} of them known to be fraud. {{Html(string.Join(", ", summary.Actions.Select(action => string.Create(CultureInfo.InvariantCulture, $"{action.Key} {action.Value:N0}"))))}}.</p>
            <table><thead><tr><th>rule</th><th class="text">action</th><th>hits</th><th>frauds</th><th>precision</th><th class="text"></th><th>recall</th><th>frauds of it alone</th><th>fraud amount</th><th>genuine amount</th></tr></thead><tbody>

            """);
        foreach (var rule in summary.Rules)
        {
            page.Append(CultureInfo.InvariantCulture, $"""
                <tr><td>{Html(rule.Rule.Name)}</td><td class="text">{(rule.Rule.IsShadow ? "shadow " : "")}{rule.Rule.ActionName}</td><td>{rule.Hits:N0}</td><td>{rule.Frauds:N0}</td><td>{Percent(rule.Precision)}</td><td class="bar"><span style="width:{(rule.Precision ?? 0) * 100:0}%"></span></td><td>{Percent(rule.Recall(summary.Frauds))}</td><td>{rule.UniqueFrauds:N0}</td><td>{Amounts(rule.FraudAmountMinor)}</td><td>{Amounts(rule.GenuineAmountMinor)}</td></tr>

                """);
        }

        return page.Append("</tbody></table>\n<p>Labels count as known at the end. Recall is of all frauds. Amounts are in minor units.</p>\n</body></html>\n").ToString();
    }

    private static string Percent(double? share) => share is { } value ? value.ToString("0.0 %", CultureInfo.InvariantCulture) : "–";

    private static string Amounts(IReadOnlyDictionary<string, Int128> amounts) =>
        amounts.Count == 0 ? "–" : string.Join("<br>", amounts.Select(amount => string.Create(CultureInfo.InvariantCulture, $"{amount.Value:N0} {amount.Key}")));

    private static string Html(string text) => WebUtility.HtmlEncode(text);
}
