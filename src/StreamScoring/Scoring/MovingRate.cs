namespace StreamScoring.Scoring;

/// <summary>
/// How much of something there is in a second, of late: what is longer ago counts less, by e for
/// each span of time. By one thread at a time.
/// </summary>
internal sealed class MovingRate(TimeProvider clock, TimeSpan span)
{
    private double _rate;
    private long _at = clock.GetTimestamp();

    /// <summary>In a second.</summary>
    public double Now
    {
        get
        {
            var now = clock.GetTimestamp();
            _rate *= Math.Exp(-(clock.GetElapsedTime(_at, now) / span));
            _at = now;
            return _rate;
        }
    }

    public void Clear() => _rate = 0;

    public void Add(double amount) => _rate = Now + (amount / span.TotalSeconds);
}
