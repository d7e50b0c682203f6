using System.Text.RegularExpressions;

namespace StreamScoring.Tests.Deployment;

/// <summary>
/// deploy/alerts.yml against the metrics that the code makes. When each fires is tried by promtool:
/// deploy/check.
/// </summary>
public sealed partial class AlertTests
{
    private const string File = "deploy/alerts.yml";

    private static IReadOnlyList<YamlNode> Rules { get; } = [.. DeploymentFile.Yaml(File)["groups"].Items.SelectMany(group => group["rules"].Items)];

    [Fact]
    public void They_ask_for_metrics_and_labels_that_the_code_has()
    {
        Assert.NotEmpty(Rules);
        Assert.Empty(Rules.SelectMany(rule => DashboardTests.ProblemsOf(rule["expr"].Text, "").Select(problem => $"{rule["alert"].Text}: {problem}")));
    }

    [Fact]
    public void What_they_say_of_a_series_are_labels_that_it_has() =>
        Assert.All(Rules, rule => Assert.All(SaidLabel().Matches(rule["annotations"]["summary"].Text), said => Assert.Contains(
            said.Groups["label"].Value, KnownMetrics.All[MetricName().Match(rule["expr"].Text).Value])));

    [Fact]
    public void Each_is_explained_and_tried()
    {
        var (docs, tests) = (DeploymentFile.Text("docs/drift.md") + DeploymentFile.Text("docs/quality.md"), DeploymentFile.Text("deploy/alerts.test.yml"));
        Assert.All(Rules, rule => Assert.Contains($"`{rule["alert"].Text}`", docs, StringComparison.Ordinal));
        Assert.All(Rules, rule => Assert.Contains($"alertname: {rule["alert"].Text}\n", tests, StringComparison.Ordinal));
    }

    [Fact]
    public void Prometheus_reads_them()
    {
        Assert.Equal(["alerts.yml"], DeploymentFile.Yaml("deploy/prometheus.yml")["rule_files"].Items.Select(file => file.Text));
        Assert.Contains(ComposeService.Named("prometheus").Volumes, volume => volume == ($"./{File}", "/etc/prometheus/alerts.yml"));
    }

    [GeneratedRegex(@"\$labels\.(?<label>\w+)")]
    private static partial Regex SaidLabel();

    [GeneratedRegex(@"scoring_\w+")]
    private static partial Regex MetricName();
}
