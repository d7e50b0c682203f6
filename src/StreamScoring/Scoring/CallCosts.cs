using System.Numerics;

namespace StreamScoring.Scoring;

/// <summary>
/// What calls took, by the number of their rows to a power of two. By one thread at a time.
/// </summary>
internal sealed class CallCosts
{
    /// <summary>
    /// The first calls of a process are slow for its own reasons: as long as there are so few, the
    /// shortest counts.
    /// </summary>
    private const int FirstCalls = 8;

    private const double NewShare = 0.2;

    private readonly double[] _seconds = new double[32];
    private readonly double[] _rowSeconds = new double[32];
    private readonly int[] _calls = new int[32];

    /// <summary>
    /// Seconds a row in calls of the best size: calls grow by themselves as more rows wait. 0 where
    /// nothing is known.
    /// </summary>
    public double PerRow
    {
        get
        {
            var least = double.PositiveInfinity;
            for (var i = 0; i < _calls.Length; i++)
            {
                least = _calls[i] > 0 ? Math.Min(least, _rowSeconds[i]) : least;
            }

            return double.IsInfinity(least) ? 0 : least;
        }
    }

    public void Add(int rows, double seconds)
    {
        var i = BitOperations.Log2((uint)rows);
        _rowSeconds[i] = _calls[i] == 0 ? seconds / rows : _rowSeconds[i] + (NewShare * ((seconds / rows) - _rowSeconds[i]));
        _seconds[i] = _calls[i] == 0 ? seconds : _calls[i] < FirstCalls ? Math.Min(_seconds[i], seconds) : _seconds[i] + (NewShare * (seconds - _seconds[i]));
        _calls[i] = Math.Min(FirstCalls, _calls[i] + 1);
    }

    /// <returns>
    /// Seconds that a call of so many rows takes. Where there was none of that size: what the next
    /// smaller ones took, as much of a call does not grow with its rows, and the first one of that
    /// size tells; else their share of what the next larger ones took, for the same reason; 0 where
    /// nothing is known.
    /// </returns>
    public double Of(int rows)
    {
        var wanted = BitOperations.Log2((uint)Math.Max(1, rows));
        for (var i = wanted; i >= 0; i--)
        {
            if (_calls[i] > 0)
            {
                return _seconds[i];
            }
        }

        for (var i = wanted + 1; i < _calls.Length; i++)
        {
            if (_calls[i] > 0)
            {
                return _rowSeconds[i] * Math.Max(1, rows);
            }
        }

        return 0;
    }
}
