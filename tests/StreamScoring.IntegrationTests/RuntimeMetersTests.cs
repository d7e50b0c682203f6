using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Prometheus;
using StreamScoring.Host.Serving;

namespace StreamScoring.IntegrationTests;

public sealed class RuntimeMetersTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public async Task A_pause_is_told_by_the_generation_that_it_collected(int generation)
    {
        var registry = Metrics.NewCustomRegistry();
        using var meters = new RuntimeMeters(registry);
        // The runtime begins to report some time after it was asked to, and hands its events over
        // later, by a thread of its own.
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        string page;
        do
        {
            GC.Collect(generation, GCCollectionMode.Forced, blocking: true);
            await timer.WaitForNextTickAsync(patience.Token);
            page = await PageAsync(registry);
        }
        while (Value(page, $"scoring_gc_pause_seconds_count{{cause=\"gen{generation}\"}}") < 1);

        Assert.InRange(Value(page, "scoring_gc_stop_seconds_count"), 1, double.MaxValue);
        Assert.InRange(Value(page, "scoring_gc_stop_seconds_sum"), 0, Sum(page));
    }

    /// <summary>Every pause, whatever its cause.</summary>
    private static double Sum(string page) =>
        Regex.Matches(page, @"^scoring_gc_pause_seconds_sum\{.*\} (.+)$", RegexOptions.Multiline).Sum(match => double.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture));

    private static double Value(string page, string name) =>
        page.Split('\n').FirstOrDefault(line => line.StartsWith(name + " ", StringComparison.Ordinal)) is { } line ? double.Parse(line[(name.Length + 1)..], CultureInfo.InvariantCulture) : 0;

    private static async Task<string> PageAsync(CollectorRegistry registry)
    {
        using var stream = new MemoryStream();
        await registry.CollectAndExportAsTextAsync(stream);
        return Encoding.UTF8.GetString(stream.ToArray());
    }
}
