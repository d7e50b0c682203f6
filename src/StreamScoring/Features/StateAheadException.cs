namespace StreamScoring.Features;

/// <summary>
/// A payment that is to be decided was folded before, and what it saw then may be gone: the state
/// has to be built again from an earlier snapshot, or from the log.
/// </summary>
public sealed class StateAheadException(int logIndex, long offset)
    : Exception($"the state is ahead of log {logIndex} offset {offset}, which is to be decided")
{
    public int LogIndex => logIndex;

    public long Offset => offset;
}
