using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace StreamScoring.Signals;

/// <summary>
/// What the engine counts: one meter for a process, whatever starts over in it, or for a trial.
/// Numbers of two of them never mix. Asked twice for a metric it gives the same instrument.
/// </summary>
/// <remarks>
/// An instrument is one series: it carries its labels as tags of its own, and is recorded without
/// any. So a series is there at 0 from the start, and recording looks nothing up and allocates
/// nothing (docs/decisions/0014-meters-and-events.md).
/// </remarks>
public sealed class EngineMeter : IDisposable
{
    public const string Name = "StreamScoring";

    private readonly ConcurrentDictionary<string, IReadOnlyList<string>> _labels = new(StringComparer.Ordinal);

    public Meter Meter { get; } = new(Name);

    /// <summary>
    /// A metric's labels, in the order in which it says them: an instrument sorts its tags.
    /// </summary>
    public IReadOnlyList<string> LabelsOf(string metric) => _labels.GetValueOrDefault(metric, []);

    public void Dispose() => Meter.Dispose();

    internal Counter<long> CreateCounter(string name, string help) => Meter.CreateCounter<long>(name, unit: null, help);

    internal Gauge<long> CreateGauge(string name, string help) => Meter.CreateGauge<long>(name, unit: null, help);

    internal Histogram<double> CreateHistogram(string name, string help, double[] buckets) =>
        Meter.CreateHistogram(name, unit: null, help, tags: null, new InstrumentAdvice<double> { HistogramBucketBoundaries = buckets });

    internal MetricFamily<Counter<long>> CreateCounter(string name, string help, string[] labels) =>
        Declare(name, labels, tags => Meter.CreateCounter<long>(name, unit: null, help, tags));

    internal MetricFamily<Gauge<long>> CreateGauge(string name, string help, string[] labels) =>
        Declare(name, labels, tags => Meter.CreateGauge<long>(name, unit: null, help, tags));

    /// <summary>A series is there while its last value is not NaN.</summary>
    internal MetricFamily<Gauge<double>> CreateDoubleGauge(string name, string help, string[] labels) =>
        Declare(name, labels, tags => Meter.CreateGauge<double>(name, unit: null, help, tags));

    internal MetricFamily<Histogram<double>> CreateHistogram(string name, string help, string[] labels, double[] buckets) =>
        Declare(name, labels, tags => Meter.CreateHistogram(name, unit: null, help, tags, new InstrumentAdvice<double> { HistogramBucketBoundaries = buckets }));

    /// <summary>Upper bounds of buckets, each twice the one before.</summary>
    internal static double[] Doubling(decimal first, int count)
    {
        var bounds = new double[count];
        for (var i = 0; i < count; i++)
        {
            // In decimal, so that the bounds print as they are meant.
            bounds[i] = (double)(first * (1L << i));
        }

        return bounds;
    }

    private MetricFamily<TInstrument> Declare<TInstrument>(string name, string[] labels, Func<IEnumerable<KeyValuePair<string, object?>>, TInstrument> create)
        where TInstrument : Instrument
    {
        _labels[name] = labels;
        return new MetricFamily<TInstrument>(labels, create);
    }
}
