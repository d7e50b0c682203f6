namespace StreamScoring.Scoring;

/// <summary>
/// How a raw output becomes a probability: first the link of the output's kind, then the mapping of
/// the model's card, which is piecewise linear between points (isotonic regression and Platt
/// scaling both fit in one), then a clamp to [0, 1].
/// </summary>
/// <remarks>Calibration by isotonic regression: Zadrozny and Elkan, KDD 2002.</remarks>
public sealed class ScoreCalibration
{
    /// <summary>
    /// By so much a probability may lie outside of 0..1: it may be the sum of many floats.
    /// </summary>
    public const double ProbabilityTolerance = 1e-4;

    private readonly OutputKind _kind;
    private readonly double[] _from;
    private readonly double[] _to;

    /// <param name="kind">What the raw output is.</param>
    /// <param name="points">Pairs (linked output, probability) with ascending first values; empty
    /// for identity.</param>
    public ScoreCalibration(OutputKind kind, IReadOnlyList<(double From, double To)> points)
    {
        ArgumentNullException.ThrowIfNull(points);
        _kind = kind;
        _from = [.. points.Select(point => point.From)];
        _to = [.. points.Select(point => point.To)];
        for (var i = 1; i < _from.Length; i++)
        {
            Invariant.Require(_from[i] > _from[i - 1]);
        }
    }

    public OutputKind Kind => _kind;

    /// <summary>The mapping's points; empty for identity.</summary>
    public IEnumerable<(double From, double To)> Points => _from.Zip(_to);

    /// <summary>
    /// Whether a lower output is a higher risk, as with some anomaly scores: the mapping ends lower
    /// than it begins.
    /// </summary>
    public bool IsDescending => _to.Length > 0 && _to[^1] < _to[0];

    /// <returns>A probability in [0, 1]; NaN for NaN, and for a raw output that was said to be a
    /// probability and is none.</returns>
    public double Probability(double raw)
    {
        if (_kind == OutputKind.Probability && raw is < -ProbabilityTolerance or > 1 + ProbabilityTolerance)
        {
            return double.NaN;
        }

        var linked = _kind == OutputKind.Logit ? 1 / (1 + Math.Exp(-raw)) : raw;
        return Math.Clamp(_from.Length == 0 ? linked : Interpolate(linked), 0, 1);
    }

    private double Interpolate(double value)
    {
        if (!(value > _from[0]))
        {
            return double.IsNaN(value) ? value : _to[0];
        }

        if (value >= _from[^1])
        {
            return _to[^1];
        }

        var right = Array.BinarySearch(_from, value);
        if (right >= 0)
        {
            return _to[right];
        }

        right = ~right;
        var share = (value - _from[right - 1]) / (_from[right] - _from[right - 1]);
        return _to[right - 1] + (share * (_to[right] - _to[right - 1]));
    }
}
