using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using StreamScoring.Signals;

namespace StreamScoring.Tests.Telemetry;

/// <summary>
/// What an engine's meter has counted, by the name and labels that /metrics has:
/// <c>scoring_rejected_total{reason="empty"}</c>.
/// </summary>
internal sealed class MeterReadings : IDisposable
{
    private readonly ConcurrentDictionary<string, long> _values = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, double> _doubles = new(StringComparer.Ordinal);
    private readonly MeterListener _listener = new();

    public MeterReadings(EngineMeter meter)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (ReferenceEquals(instrument.Meter, meter.Meter) && instrument.Tags?.All(tag => tag.Value is not null) != false)
            {
                var series = SeriesOf(instrument, meter.LabelsOf(instrument.Name));
                _values.TryAdd(series, 0);
                listener.EnableMeasurementEvents(instrument, series);
            }
        };
        _listener.SetMeasurementEventCallback<long>((instrument, measured, _, series) =>
            _values.AddOrUpdate((string)series!, measured, (_, before) => instrument is Counter<long> ? before + measured : measured));
        _listener.SetMeasurementEventCallback<double>((instrument, measured, _, series) =>
        {
            if (instrument is Gauge<double>)
            {
                _doubles[(string)series!] = measured;
            }
        });
        _listener.Start();
    }

    /// <summary>Every series; of a histogram only that there is one.</summary>
    public IReadOnlyCollection<string> Series => [.. _values.Keys];

    /// <summary>A counter's or gauge's value.</summary>
    /// <exception cref="KeyNotFoundException">There is no such series.</exception>
    public long this[string series] => _values[series];

    /// <summary>A gauge of double as /metrics has it: null where it has no such series.</summary>
    public double? Double(string series) => _doubles.TryGetValue(series, out var value) && !double.IsNaN(value) ? value : null;

    public void Dispose() => _listener.Dispose();

    private static string SeriesOf(Instrument instrument, IReadOnlyList<string> labels) => labels.Count == 0 ? instrument.Name
        : $"{instrument.Name}{{{string.Join(",", labels.Select(label => $"{label}=\"{instrument.Tags!.Single(tag => tag.Key == label).Value}\""))}}}";
}
