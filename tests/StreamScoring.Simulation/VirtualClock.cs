namespace StreamScoring.Simulation;

/// <summary>Time that passes only when the simulation says so.</summary>
internal sealed class VirtualClock : TimeProvider
{
    private long _nowMs = 1_700_000_000_000;

    /// <summary>Milliseconds since the Unix epoch.</summary>
    public long NowMs => _nowMs;

    public override long TimestampFrequency => 1000;

    public void Advance(long ms) => _nowMs += ms;

    public override long GetTimestamp() => _nowMs;

    public override DateTimeOffset GetUtcNow() => DateTimeOffset.FromUnixTimeMilliseconds(_nowMs);
}
