using System.Diagnostics.Metrics;
using StreamScoring.Signals;

namespace StreamScoring.Quality;

/// <summary>The series of a metric whose labels come and go.</summary>
/// <param name="seriesMax">Those beyond are not told.</param>
internal sealed class GaugeSeries(MetricFamily<Gauge<double>> family, int seriesMax)
{
    private readonly Dictionary<string, Gauge<double>> _gauges = new(StringComparer.Ordinal);
    private HashSet<string> _told = new(StringComparer.Ordinal);

    /// <summary>Tells these; those that were told before and are not among them are gone.</summary>
    public void Tell(IEnumerable<(string[] Labels, double Value)> values)
    {
        var told = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (labels, value) in values.Take(seriesMax))
        {
            var key = string.Join('\n', labels);
            if (!_gauges.TryGetValue(key, out var gauge))
            {
                _gauges[key] = gauge = family.With(labels);
            }

            gauge.Record(value);
            told.Add(key);
        }

        foreach (var gone in _told.Where(key => !told.Contains(key)))
        {
            _gauges[gone].Record(double.NaN);
        }

        _told = told;
    }
}
