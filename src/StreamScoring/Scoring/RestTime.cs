namespace StreamScoring.Scoring;

/// <summary>
/// How long a model is left alone that failed: for some time, and each time in a row for twice as
/// long, up to a bound. By one thread at a time.
/// </summary>
internal sealed class RestTime(TimeProvider clock)
{
    private TimeSpan _rest;
    private long _since;

    /// <summary>Whether it is left alone now.</summary>
    public bool IsResting => _rest > TimeSpan.Zero && clock.GetElapsedTime(_since) < _rest;

    /// <summary>It rested, and nobody knows yet whether it is well again.</summary>
    public bool IsUncertain => _rest > TimeSpan.Zero;

    /// <summary>It failed: it rests from now on.</summary>
    /// <returns>How long.</returns>
    public TimeSpan Rest(TimeSpan first, TimeSpan max)
    {
        _rest = _rest == TimeSpan.Zero || _rest < first ? first : TimeSpan.FromTicks(Math.Min(max.Ticks, 2 * _rest.Ticks));
        _since = clock.GetTimestamp();
        return _rest;
    }

    /// <summary>It answered.</summary>
    public void End() => _rest = TimeSpan.Zero;
}
