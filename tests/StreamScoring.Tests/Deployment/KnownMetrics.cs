using System.Text;
using System.Text.RegularExpressions;
using Prometheus;

namespace StreamScoring.Tests.Deployment;

/// <summary>
/// Every series that a process exports, with its labels: ours by how the code makes them, the
/// runtime's by asking it.
/// </summary>
internal static partial class KnownMetrics
{
    /// <summary>By series name, as a query writes it: a histogram has three.</summary>
    public static IReadOnlyDictionary<string, IReadOnlySet<string>> All { get; } = Read();

    private static Dictionary<string, IReadOnlySet<string>> Read()
    {
        var series = new Dictionary<string, IReadOnlySet<string>> { ["up"] = new HashSet<string>() };
        var files = new[] { "src/StreamScoring", "src/StreamScoring.Host" }
            .SelectMany(folder => Directory.EnumerateFiles(DeploymentFile.PathOf(folder), "*.cs", SearchOption.AllDirectories));
        foreach (var match in files.SelectMany(file => Made().Matches(File.ReadAllText(file))))
        {
            var labels = Quoted().Matches(match.Groups["labels"].Value).Select(label => label.Groups["text"].Value).ToHashSet();
            var name = match.Groups["name"].Value;
            if (match.Groups["kind"].Value == "Histogram")
            {
                series.Add(name + "_sum", labels);
                series.Add(name + "_count", labels);
                series.Add(name + "_bucket", labels.Append("le").ToHashSet());
            }
            else
            {
                series.Add(name, labels);
            }
        }

        var registry = Metrics.NewCustomRegistry();
        DotNetStats.Register(registry);
        using var text = new MemoryStream();
        registry.CollectAndExportAsTextAsync(text).GetAwaiter().GetResult();
        foreach (Match sample in Sample().Matches(Encoding.UTF8.GetString(text.ToArray())))
        {
            series[sample.Groups["name"].Value] = LabelName().Matches(sample.Groups["labels"].Value).Select(label => label.Groups["label"].Value).ToHashSet();
        }

        return series;
    }

    [GeneratedRegex(@"Create(?:Double)?(?<kind>Counter|Gauge|Histogram|Summary)\(\s*""(?<name>\w+)"",\s*""[^""]*""(?:,\s*\[(?<labels>[^\]]*)\])?")]
    private static partial Regex Made();

    [GeneratedRegex("\"(?<text>[^\"]*)\"")]
    private static partial Regex Quoted();

    [GeneratedRegex(@"^(?<name>[a-z_]+)(?:\{(?<labels>[^}]*)\})? ", RegexOptions.Multiline)]
    private static partial Regex Sample();

    [GeneratedRegex(@"(?<label>\w+)=")]
    private static partial Regex LabelName();
}
