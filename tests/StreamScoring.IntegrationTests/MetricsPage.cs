using System.Globalization;

namespace StreamScoring.IntegrationTests;

/// <summary>What a process says at <c>/metrics</c>.</summary>
internal static class MetricsPage
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    /// <summary>Reads the metrics again and again until they are as wanted.</summary>
    /// <returns>By name with labels, the value.</returns>
    public static async Task<Dictionary<string, double>> OnceAsync(HttpClient http, Func<Dictionary<string, double>, bool> isWanted)
    {
        using var patience = new CancellationTokenSource(Patience);
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        while (true)
        {
            var text = await http.GetStringAsync("/metrics", patience.Token);
            var metrics = text.Split('\n').Where(line => line.Length > 0 && line[0] != '#').Select(line => line.Split(' '))
                .ToDictionary(parts => string.Join(' ', parts[..^1]), parts => double.Parse(parts[^1], CultureInfo.InvariantCulture));
            if (isWanted(metrics))
            {
                return metrics;
            }

            await timer.WaitForNextTickAsync(patience.Token);
        }
    }
}
