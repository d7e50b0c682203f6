namespace StreamScoring.Host.Serving;

/// <summary>
/// The life of a process as a state machine. Whoever runs the process says which state comes next;
/// health and <c>/status</c> read it, on any thread.
/// </summary>
internal sealed class ProcessLife
{
    /// <summary>Steps that are kept.</summary>
    public const int StepsMax = 20;

    /// <summary>
    /// What may follow; a failure and the end may follow anything but themselves.
    /// </summary>
    private static readonly Dictionary<LifeState, LifeState[]> Following = new()
    {
        [LifeState.Starting] = [LifeState.Restoring],
        [LifeState.Restoring] = [LifeState.Joining, LifeState.StartingOver],
        [LifeState.Joining] = [LifeState.Deciding, LifeState.Draining, LifeState.StartingOver],
        [LifeState.Deciding] = [LifeState.Draining, LifeState.StartingOver],
        // A graph that is drained because partitions were added is followed by one that reads them.
        [LifeState.Draining] = [LifeState.Restoring, LifeState.StartingOver],
        [LifeState.StartingOver] = [LifeState.Restoring, LifeState.StartingOver],
    };

    private readonly TimeProvider _clock;
    private volatile IReadOnlyList<LifeStep> _steps;

    public ProcessLife(TimeProvider clock)
    {
        _clock = clock;
        _steps = [new LifeStep(LifeState.Starting, clock.GetUtcNow(), "")];
    }

    public LifeStep Now => _steps[^1];

    /// <summary>The newest steps, oldest first.</summary>
    public IReadOnlyList<LifeStep> Steps => _steps;

    /// <summary>By one thread at a time.</summary>
    /// <exception cref="InvariantBrokenException">The state cannot follow the one that is
    /// now.</exception>
    public void Enter(LifeState state, string why = "")
    {
        Invariant.Require(Following.TryGetValue(Now.State, out var following) && (state is LifeState.Failed or LifeState.Ended || following.Contains(state)));
        _steps = [.. _steps.TakeLast(StepsMax - 1), new LifeStep(state, _clock.GetUtcNow(), why)];
    }
}
