using System.Numerics;

namespace StreamScoring.Scoring;

/// <summary>
/// What calls took, by the number of their rows to a power of two. By one thread at a time.
/// </summary>
internal sealed class CallCosts
{
    private const int Sizes = 32;

    /// <summary>Rows of the largest call that is asked for as the model was loaded, to a power of
    /// two.</summary>
    private const int LargestLoaded = 12;

    /// <summary>
    /// The first calls of a process are slow for its own reasons: as long as there are so few, the
    /// shortest counts.
    /// </summary>
    private const int FirstCalls = 8;

    private const double NewShare = 0.2;

    /// <summary>A size that looks too slow is not called, so nothing would ever correct it.
    /// </summary>
    private static readonly TimeSpan Stale = TimeSpan.FromSeconds(10);

    private readonly double[] _seconds = new double[Sizes];
    private readonly double[] _rowSeconds = new double[Sizes];
    private readonly int[] _calls = new int[Sizes];
    private readonly long[] _measuredAt = new long[Sizes];
    private readonly TimeProvider _clock;

    /// <param name="loaded">Seconds that a call of so many rows took when the model was loaded; 0
    /// where nobody measured. They stand for sizes that were not called yet: on a rung below,
    /// nothing else tells what this one would take.</param>
    public CallCosts(TimeProvider clock, Func<int, double> loaded)
    {
        _clock = clock;
        for (var i = 0; i <= LargestLoaded; i++)
        {
            if (loaded(1 << i) is > 0 and var seconds)
            {
                Add(1 << i, seconds);
            }
        }
    }

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
        _rowSeconds[i] = Told(_rowSeconds[i], _calls[i], seconds / rows);
        _seconds[i] = Told(_seconds[i], _calls[i], seconds);
        _calls[i] = Math.Min(FirstCalls, _calls[i] + 1);
        _measuredAt[i] = _clock.GetTimestamp();
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
                return i == wanted && _clock.GetElapsedTime(_measuredAt[i]) > Stale ? Math.Min(_seconds[i], BySmaller(i, rows)) : _seconds[i];
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

    private static double Told(double known, int calls, double seconds) =>
        calls == 0 ? seconds : calls < FirstCalls ? Math.Min(known, seconds) : known + (NewShare * (seconds - known));

    /// <summary>By the rows of a smaller call: a larger one takes no longer a row.</summary>
    private double BySmaller(int size, int rows)
    {
        var least = double.PositiveInfinity;
        for (var i = 0; i < size; i++)
        {
            least = _calls[i] > 0 ? Math.Min(least, _seconds[i] * rows / (1 << i)) : least;
        }

        return least;
    }
}
