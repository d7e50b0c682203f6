using System.Diagnostics.Metrics;
using System.Globalization;
using StreamScoring.Signals;

namespace StreamScoring.Scoring;

/// <summary>Scores of models by ten, so that their distributions can be compared.</summary>
internal static class ScoreCounts
{
    private const int Width = 10;

    /// <summary>Series of a model.</summary>
    public const int Count = 100 / Width;

    public static MetricFamily<Counter<long>> Create(EngineMeter meter) =>
        meter.CreateCounter("scoring_model_scores_total", "Scores that a model gave, by ten: from=\"20\" are those from 20 to 29.", ["model", "role", "from"]);

    /// <summary>The series of a model.</summary>
    public static Counter<long>[] Of(MetricFamily<Counter<long>> scores, string model, string role) =>
        [.. Enumerable.Range(0, Count).Select(i => scores.With(model, role, (i * Width).ToString(CultureInfo.InvariantCulture)))];

    public static int IndexOf(byte score) => score / Width;

    public static void Add(Counter<long>[] counters, ReadOnlySpan<long> counts)
    {
        for (var i = 0; i < counts.Length; i++)
        {
            if (counts[i] > 0)
            {
                counters[i].Add(counts[i]);
            }
        }
    }
}
