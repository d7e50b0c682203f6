using System.Diagnostics.Metrics;
using Prometheus;
using StreamScoring.Signals;

namespace StreamScoring.Host.Serving;

/// <summary>
/// Shows on /metrics what an engine's meter counts: each instrument as the series of its name and
/// tags, with the help and the buckets that it gives. No other meter of this process.
/// </summary>
internal sealed class MeterExport : IDisposable
{
    private readonly EngineMeter _meter;
    private readonly MetricFactory _factory;
    private readonly MeterListener _listener = new();

    /// <param name="meter">What it counted before is not on the page, so this comes first.</param>
    public MeterExport(EngineMeter meter, CollectorRegistry registry)
    {
        (_meter, _factory) = (meter, Metrics.WithCustomRegistry(registry));
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (ReferenceEquals(instrument.Meter, meter.Meter) && SeriesOf(instrument) is { } series)
            {
                listener.EnableMeasurementEvents(instrument, series);
            }
        };
        _listener.SetMeasurementEventCallback<long>(static (_, measured, tags, series) => Take(series, measured, tags));
        _listener.SetMeasurementEventCallback<double>(static (_, measured, tags, series) => Take(series, measured, tags));
        _listener.Start();
    }

    public void Dispose() => _listener.Dispose();

    /// <summary>
    /// For each thing that is recorded. The series comes with it, so nothing is looked up, locked
    /// or allocated.
    /// </summary>
    private static void Take(object? series, double measured, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        // Labels are the instrument's own; others would be lost.
        Invariant.Require(tags.IsEmpty);
        switch (series)
        {
            case ICounter counter:
                counter.Inc(measured);
                break;
            case IHistogram histogram:
                histogram.Observe(measured);
                break;
            case Gauge.Child gauge when double.IsNaN(measured):
                // What is not known, or not any more, is not on the page.
                gauge.Unpublish();
                break;
            case Gauge.Child gauge:
                gauge.Set(measured);
                break;
        }
    }

    /// <returns>What takes the instrument's measurements; null where it only says that there is
    /// such a metric.</returns>
    private object? SeriesOf(Instrument instrument)
    {
        var (name, help, labels) = (instrument.Name, instrument.Description ?? "", _meter.LabelsOf(instrument.Name).ToArray());
        return instrument switch
        {
            Counter<long> => SeriesIn(_factory.CreateCounter(name, help, labels), instrument, labels),
            Gauge<long> => SeriesIn(_factory.CreateGauge(name, help, labels), instrument, labels),
            Gauge<double> => SeriesIn(_factory.CreateGauge(name, help, labels, new GaugeConfiguration { SuppressInitialValue = true }), instrument, labels),
            Histogram<double> { Advice.HistogramBucketBoundaries: { } buckets } =>
                SeriesIn(_factory.CreateHistogram(name, help, labels, new HistogramConfiguration { Buckets = [.. buckets] }), instrument, labels),
            _ => throw new NotSupportedException($"{name} is a {instrument.GetType().Name}; exported are counters and gauges of long, gauges of double, and histograms of double with buckets"),
        };
    }

    private static TSeries? SeriesIn<TSeries>(Collector<TSeries> family, Instrument instrument, string[] labels)
        where TSeries : ChildBase
    {
        var tags = instrument.Tags?.ToDictionary(tag => tag.Key, tag => (string?)tag.Value) ?? [];
        return tags.ContainsValue(null) ? null : family.WithLabels([.. labels.Select(label => tags[label]!)]);
    }
}
