namespace StreamScoring.Simulation;

/// <summary>
/// The way by which one region reads the logs of another. It may be cut in one direction alone, so
/// there is one each way.
/// </summary>
/// <param name="from">Whose brokers are read over it.</param>
internal sealed class SimulatedLink(SimulatedCluster from, VirtualClock clock)
{
    private readonly List<(long FromMs, long UntilMs)> _outages = [];
    private long _cutUntilMs = long.MinValue;
    private long _awaySinceMs = -1;

    public SimulatedCluster From => from;

    /// <summary>Nothing arrives.</summary>
    public bool IsDown => from.IsAway || clock.NowMs < _cutUntilMs;

    /// <summary>
    /// When nothing could arrive, processing time, from the first moment to the last one.
    /// </summary>
    public IReadOnlyList<(long FromMs, long UntilMs)> Outages => _outages;

    public void CutUntil(long timeMs)
    {
        // It may have been whole since the last step, and was used then: that is no single outage.
        Note();
        _cutUntilMs = timeMs;
    }

    /// <summary>Notes whether it works; at each step, and before that changes.</summary>
    public void Note()
    {
        if (IsDown && _awaySinceMs < 0)
        {
            _awaySinceMs = clock.NowMs;
        }
        else if (!IsDown && _awaySinceMs >= 0)
        {
            _outages.Add((_awaySinceMs, clock.NowMs));
            _awaySinceMs = -1;
        }
    }
}
