namespace StreamScoring.Logs;

/// <summary>
/// Which logs this process owes decisions for, and from which offset on. Written by whoever knows
/// of the group, read at the edge of each batch: a change never falls into the middle of one.
/// Counts what was taken to be decided and is not acknowledged yet.
/// </summary>
public sealed class PartitionOwnership(LogTable logs)
{
    /// <summary>No offset reaches it: the log is only folded.</summary>
    public const long NotOwned = long.MaxValue;

    private readonly long[] _decideFrom = [.. Enumerable.Repeat(NotOwned, logs.Count)];
    private readonly long[] _acknowledged = new long[logs.Count];
    private readonly int[] _inFlight = new int[logs.Count];
    private readonly bool[] _mayWrite = new bool[logs.Count];

    /// <summary>By log that changes the policy: everything before it is taken.</summary>
    private readonly long[] _reached = new long[logs.Count];

    /// <summary>By log: how far those that change the policy must be taken before it is.</summary>
    private readonly IReadOnlyList<LogNeed>?[] _needs = new IReadOnlyList<LogNeed>?[logs.Count];

    /// <summary>The first offset of the log that is to be decided here.</summary>
    public long DecideFrom(int logIndex) => Volatile.Read(ref _decideFrom[logIndex]);

    public bool IsOwned(int logIndex) => DecideFrom(logIndex) != NotOwned;

    /// <summary>
    /// From this offset on the log is decided here, or from behind what was acknowledged here
    /// before. Nothing of it may be in flight: what is would be decided twice.
    /// </summary>
    /// <param name="needs">What its last decision knew of the policy: nothing of the log is taken
    /// before this process knows as much, so that its decisions never go back to an older policy.
    /// </param>
    public void Own(int logIndex, long decideFrom, IReadOnlyList<LogNeed>? needs = null)
    {
        Volatile.Write(ref _needs[logIndex], needs is { Count: > 0 } ? needs : null);
        Volatile.Write(ref _mayWrite[logIndex], true);
        Interlocked.Exchange(ref _decideFrom[logIndex], Math.Max(decideFrom, AcknowledgedThrough(logIndex)));
    }

    /// <summary>A log that changes the policy is taken up to here.</summary>
    public void Reached(int logIndex, long next) => Volatile.Write(ref _reached[logIndex], next);

    /// <summary>Whether the log must not be taken from yet.</summary>
    public bool IsHeld(int logIndex) => NeedOf(logIndex) is not null;

    /// <summary>What the log waits for; null where it waits for nothing.</summary>
    public LogNeed? NeedOf(int logIndex)
    {
        if (Volatile.Read(ref _needs[logIndex]) is not { } needs)
        {
            return null;
        }

        foreach (var need in needs)
        {
            if (Volatile.Read(ref _reached[need.LogIndex]) < need.Next)
            {
                return need;
            }
        }

        // What was taken is not given back, so it is not asked again.
        Interlocked.CompareExchange(ref _needs[logIndex], null, needs);
        return null;
    }

    /// <summary>
    /// From now on nothing of it is taken to be decided; what was, is on its way until
    /// <see cref="IsDrained"/>.
    /// </summary>
    public void Disown(int logIndex)
    {
        Interlocked.Exchange(ref _decideFrom[logIndex], NotOwned);
        Volatile.Write(ref _needs[logIndex], null);
    }

    /// <summary>
    /// Ends the right to write what is still on its way: from here on the log may be another's.
    /// </summary>
    public void Release(int logIndex) => Volatile.Write(ref _mayWrite[logIndex], false);

    /// <summary>
    /// Whether what was taken of the log to be decided may still be written. It may for a while
    /// longer than records are taken.
    /// </summary>
    public bool MayWrite(int logIndex) => Volatile.Read(ref _mayWrite[logIndex]);

    /// <summary>
    /// Asked by a log's reader before it takes: where it has to go back to, because the log became
    /// owned from an offset on that was read before, when it was only followed.
    /// </summary>
    /// <param name="seen">What the reader was told last; starts as <see cref="NotOwned"/>.</param>
    /// <param name="next">The offset that it would read next.</param>
    /// <param name="begin">The log's first offset, as far as is known: what is before it is gone,
    /// so nobody goes back there.</param>
    /// <returns>-1 where it goes on from where it is.</returns>
    public long RewindTo(int logIndex, ref long seen, long next, long begin)
    {
        var decideFrom = DecideFrom(logIndex);
        if (decideFrom == seen)
        {
            return -1;
        }

        seen = decideFrom;
        var from = Math.Max(decideFrom, begin);
        return next > from ? from : -1;
    }

    /// <summary>
    /// Asked by a log's reader as it begins to take: whether what it takes is to be decided, still
    /// from where it was told last. The records count as in flight before that is looked at, and
    /// ownership is given up before in flight is looked at: so either the reader sees that the log
    /// went, or whoever took it away sees that it is not drained.
    /// </summary>
    /// <param name="seen">As for <see cref="RewindTo"/>; forgotten where it does not hold any
    /// more.</param>
    /// <param name="countMax">As many count as in flight from now on; <see cref="Took"/> sets it
    /// right, with a negative number.</param>
    public bool TryBeginTake(int logIndex, ref long seen, int countMax)
    {
        if (seen == NotOwned)
        {
            return false;
        }

        Took(logIndex, countMax);
        if (DecideFrom(logIndex) == seen)
        {
            return true;
        }

        Took(logIndex, -countMax);
        // It may have become owned again, from the same offset even: the reader goes back there
        // before it takes the next.
        seen = NotOwned;
        return false;
    }

    /// <summary>So many records of the log more, or less, are on their way to be decided.</summary>
    public void Took(int logIndex, int count) => Interlocked.Add(ref _inFlight[logIndex], count);

    /// <summary>
    /// Their decisions or dead letters are acknowledged, all before the given offset.
    /// </summary>
    public void Acknowledged(int logIndex, long nextOffset, int count)
    {
        Volatile.Write(ref _acknowledged[logIndex], nextOffset);
        Invariant.Require(Interlocked.Add(ref _inFlight[logIndex], -count) >= 0);
    }

    /// <summary>Everything before it is acknowledged; 0 where nothing was decided here.</summary>
    public long AcknowledgedThrough(int logIndex) => Volatile.Read(ref _acknowledged[logIndex]);

    /// <summary>Nothing that was taken to be decided is still on its way.</summary>
    public bool IsDrained(int logIndex) => Volatile.Read(ref _inFlight[logIndex]) == 0;

    /// <summary>
    /// By log index. What is drained is acknowledged as far as is said beside it: so it is looked
    /// at in this order.
    /// </summary>
    public IReadOnlyList<LogProgress> Progress()
    {
        var progress = new LogProgress[logs.Count];
        for (var logIndex = 0; logIndex < progress.Length; logIndex++)
        {
            var isDrained = IsDrained(logIndex);
            progress[logIndex] = new LogProgress(AcknowledgedThrough(logIndex), isDrained);
        }

        return progress;
    }
}
