using System.Text.Json;
using System.Text.RegularExpressions;

namespace StreamScoring.Tests.Deployment;

/// <summary>
/// The dashboard against the metrics that the code makes. No Grafana shows it here:
/// docs/operations.md.
/// </summary>
public sealed partial class DashboardTests
{
    /// <summary>Labels that Prometheus adds: deploy/prometheus.yml.</summary>
    private static readonly string[] TargetLabels = ["instance", "job", "serves"];

    private static readonly HashSet<string> Words = ["sum", "max", "count", "rate", "increase", "histogram_quantile", "min", "min_over_time", "time", "vector", "by", "on", "and", "or", "unless"];

    private static JsonElement Dashboard { get; } = JsonDocument.Parse(DeploymentFile.Text("deploy/grafana/dashboards/scoring.json")).RootElement;

    private static IReadOnlyList<JsonElement> Panels { get; } = [.. Dashboard.GetProperty("panels").EnumerateArray()];

    private static IReadOnlyList<(string Panel, string Expression, string Legend)> Queries { get; } =
        [.. Panels.Where(panel => panel.TryGetProperty("targets", out _)).SelectMany(panel => panel.GetProperty("targets").EnumerateArray().Select(target =>
            (panel.GetProperty("title").GetString()!, target.GetProperty("expr").GetString()!, target.GetProperty("legendFormat").GetString()!)))];

    [Fact]
    public void It_asks_for_metrics_and_labels_that_the_code_has()
    {
        Assert.NotEmpty(Queries);
        var problems = Queries.SelectMany(query => ProblemsOf(query.Expression, query.Legend).Select(problem => $"{query.Panel}: {problem}"));
        Assert.Empty(problems);
    }

    [Theory]
    [InlineData("sum by (action) (rate(scoring_decisions_total{serves=~\"eu\"}[1m]))", "{{action}}", null)]
    [InlineData("rate(scoring_decision_total[1m])", "", "scoring_decision_total")]
    [InlineData("scoring_decision_seconds", "", "scoring_decision_seconds")]
    [InlineData("sum by (reason) (rate(scoring_decisions_total[1m]))", "", "reason")]
    [InlineData("scoring_lag_records{area=\"eu\"}", "", "area")]
    [InlineData("scoring_batches_rented", "{{topic}}", "topic")]
    public void A_name_that_the_code_does_not_have_is_found(string expression, string legend, string? problem) =>
        Assert.Equal(problem is null ? [] : [problem], ProblemsOf(expression, legend));

    [Fact]
    public void It_shows_what_operators_are_promised()
    {
        var asked = Queries.SelectMany(query => NamesIn(query.Expression)).ToHashSet();
        string[] promised =
        [
            "scoring_decisions_total", "scoring_decision_seconds_bucket", "scoring_stage_seconds_bucket", "scoring_lag_records", "scoring_queue_records",
            "scoring_region_staleness_seconds", "scoring_staleness_seconds", "scoring_rejected_total", "scoring_state_bytes", "scoring_state_bytes_max",
            "scoring_state_evicted_total", "scoring_snapshot_last_success_timestamp_seconds", "scoring_snapshot_failures_total", "scoring_late_total",
            "scoring_unscored_total", "scoring_duplicates_total", "scoring_conflicting_ids_total", "scoring_approximate_total", "scoring_model_info", "scoring_shadow_payments_total", "scoring_shadow_actions_total", "process_working_set_bytes", "dotnet_collection_count_total",
        ];
        Assert.Superset(promised.ToHashSet(), asked);
    }

    [Fact]
    public void Its_source_is_the_one_that_is_provisioned()
    {
        var uid = DeploymentFile.Yaml("deploy/grafana/provisioning/datasources/prometheus.yml")["datasources"].Items.Single()["uid"].Text;
        var named = DatasourceUid().Matches(DeploymentFile.Text("deploy/grafana/dashboards/scoring.json")).Select(match => match.Groups["uid"].Value).ToList();
        Assert.True(named.Count > Queries.Count);
        Assert.All(named, name => Assert.Equal(uid, name));
    }

    [Fact]
    public void Panels_have_ids_of_their_own_and_do_not_overlap()
    {
        Assert.Equal(Panels.Count, Panels.Select(panel => panel.GetProperty("id").GetInt32()).Distinct().Count());
        var cells = Panels.Select(panel => panel.GetProperty("gridPos")).SelectMany(place =>
            from x in Enumerable.Range(place.GetProperty("x").GetInt32(), place.GetProperty("w").GetInt32())
            from y in Enumerable.Range(place.GetProperty("y").GetInt32(), place.GetProperty("h").GetInt32())
            select (x, y)).ToList();
        Assert.All(cells, cell => Assert.InRange(cell.x, 0, 23));
        Assert.Equal(cells.Count, cells.Distinct().Count());
    }

    /// <returns>Names of metrics and labels that nobody exports.</returns>
    internal static List<string> ProblemsOf(string expression, string legend)
    {
        var names = NamesIn(expression);
        var unknown = names.Where(name => !KnownMetrics.All.ContainsKey(name)).ToList();
        if (unknown.Count > 0)
        {
            return unknown;
        }

        var labels = names.SelectMany(name => KnownMetrics.All[name]).Concat(TargetLabels).ToHashSet();
        return [.. Matcher().Matches(expression).Select(match => match.Groups["label"].Value)
            .Concat(Grouping().Matches(expression).SelectMany(match => match.Groups["labels"].Value.Split(',', StringSplitOptions.TrimEntries)))
            .Concat(LegendLabel().Matches(legend).Select(match => match.Groups["label"].Value))
            .Where(label => !labels.Contains(label)).Distinct()];
    }

    /// <summary>What is left of a query without its words, labels, texts and times.</summary>
    private static HashSet<string> NamesIn(string expression) =>
        [.. Identifier().Matches(Grouping().Replace(Braces().Replace(Brackets().Replace(expression, ""), ""), "by"))
            .Select(match => match.Value).Where(word => !Words.Contains(word))];

    [GeneratedRegex(@"\{[^}]*\}")]
    private static partial Regex Braces();

    [GeneratedRegex(@"\[[^\]]*\]")]
    private static partial Regex Brackets();

    [GeneratedRegex(@"\b(?:by|on) \((?<labels>[^)]*)\)")]
    private static partial Regex Grouping();

    [GeneratedRegex(@"[{,]\s*(?<label>\w+)\s*(=~|!~|!=|=)")]
    private static partial Regex Matcher();

    [GeneratedRegex(@"[a-zA-Z_]\w*")]
    private static partial Regex Identifier();

    [GeneratedRegex(@"\{\{(?<label>\w+)\}\}")]
    private static partial Regex LegendLabel();

    [GeneratedRegex("\"type\": \"prometheus\",\\s*\"uid\": \"(?<uid>[^\"]*)\"")]
    private static partial Regex DatasourceUid();
}
