using StreamScoring.Regions;

namespace StreamScoring.Kafka;

/// <summary>
/// Which logs this process owes decisions for, and from which offset on. Written by the membership thread, read at the edge of each
/// batch: a change never falls into the middle of one.
/// </summary>
internal sealed class PartitionOwnership(LogTable logs)
{
    /// <summary>No offset reaches it: the log is only folded.</summary>
    private const long NotOwned = long.MaxValue;

    private readonly long[] _decideFrom = [.. Enumerable.Repeat(NotOwned, logs.Count)];
    private readonly long[] _taken = new long[logs.Count];
    private readonly long[] _acknowledged = new long[logs.Count];

    /// <summary>The first offset of the log that is to be decided here.</summary>
    public long DecideFrom(int logIndex) => Volatile.Read(ref _decideFrom[logIndex]);

    public bool IsOwned(int logIndex) => DecideFrom(logIndex) != NotOwned;

    public void Own(int logIndex, long decideFrom) => Volatile.Write(ref _decideFrom[logIndex], decideFrom);

    public void Disown(int logIndex) => Volatile.Write(ref _decideFrom[logIndex], NotOwned);

    public void Took(int logIndex, long nextOffset) => Volatile.Write(ref _taken[logIndex], nextOffset);

    public void Acknowledged(int logIndex, long nextOffset) => Volatile.Write(ref _acknowledged[logIndex], nextOffset);

    /// <summary>Everything before it is acknowledged; 0 where nothing is.</summary>
    public long AcknowledgedThrough(int logIndex) => Volatile.Read(ref _acknowledged[logIndex]);

    /// <summary>Nothing that was taken is still on its way.</summary>
    public bool IsDrained(int logIndex) => AcknowledgedThrough(logIndex) >= Volatile.Read(ref _taken[logIndex]);
}
