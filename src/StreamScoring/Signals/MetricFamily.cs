using System.Diagnostics.Metrics;

namespace StreamScoring.Signals;

/// <summary>
/// A metric with labels: an instrument for each set of their values, and one whose tags have no
/// values. That one is never recorded. It tells whoever exports that there is such a metric, also
/// while it has no series.
/// </summary>
internal sealed class MetricFamily<TInstrument>
    where TInstrument : Instrument
{
    private readonly string[] _labels;
    private readonly Func<IEnumerable<KeyValuePair<string, object?>>, TInstrument> _create;

    public MetricFamily(string[] labels, Func<IEnumerable<KeyValuePair<string, object?>>, TInstrument> create)
    {
        (_labels, _create) = (labels, create);
        Create(new string?[labels.Length]);
    }

    /// <summary>
    /// The series with these values of the labels, in their order. To look for it allocates:
    /// whoever records often keeps it.
    /// </summary>
    public TInstrument With(params string[] values)
    {
        Invariant.Require(values.Length == _labels.Length);
        return Create(values);
    }

    // Sorted: a meter of .NET 10 compares new tags with sorted ones, one by one, and gives the
    // instrument of another series where they are not.
    private TInstrument Create(string?[] values) =>
        _create(_labels.Zip(values, (label, value) => KeyValuePair.Create(label, (object?)value)).OrderBy(tag => tag.Key, StringComparer.Ordinal).ToArray());
}
