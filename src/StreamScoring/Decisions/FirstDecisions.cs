using System.Collections.Concurrent;
using StreamScoring.State;

namespace StreamScoring.Decisions;

/// <summary>
/// What was decided for the payments of the idempotency window, so that one that is published again
/// gets its first decision back. Those decided here are held by their number in order of folding;
/// those decided before by their position, as read from the decisions.
/// </summary>
public sealed class FirstDecisions
{
    /// <summary>
    /// Those held by position: a process that takes over decides at most what was in flight at the
    /// one before.
    /// </summary>
    internal const int PositionsMax = 1 << 16;

    private readonly SequenceRing<Held> _ring;
    private readonly ConcurrentDictionary<int, Task<IReadOnlyDictionary<long, FirstDecision>>> _earlier = [];
    private readonly Dictionary<(int LogIndex, long Offset), FirstDecision> _byPosition = [];
    private readonly Queue<(int LogIndex, long Offset)> _oldest = new();

    /// <param name="paymentsMax">As many as the idempotency index holds at most.</param>
    public FirstDecisions(int paymentsMax) => _ring = new SequenceRing<Held>(paymentsMax);

    /// <summary>
    /// What was decided, and for which payment: its number plus one, so that 0 is none.
    /// </summary>
    internal readonly record struct Held(long Next, FirstDecision Decision);

    /// <summary>
    /// Decisions of a partition that was taken over. From any thread, before the first payment of
    /// it is decided; what was given for the same log before is replaced.
    /// </summary>
    /// <param name="decisions">By offset of the payment. They may still be on their way: only a
    /// payment that comes again waits for them.</param>
    public void Learn(int logIndex, Task<IReadOnlyDictionary<long, FirstDecision>> decisions) => _earlier[logIndex] = decisions;

    /// <summary>
    /// Notes a decision. By one thread. One on the same payment is replaced; of two that share a
    /// place the later payment's stays.
    /// </summary>
    /// <param name="sequence">
    /// Of the payment's first record, in order of folding; -1 where the index does not hold it any
    /// more. That may be so where a partition is taken over: the state has folded what is decided
    /// now, and what came since took its place.
    /// </param>
    /// <param name="logIndex">The first record's position.</param>
    public void Add(long sequence, int logIndex, long offset, in FirstDecision decision)
    {
        if (sequence < 0)
        {
            AddByPosition((logIndex, offset), decision);
            return;
        }

        _ring.Open(sequence);
        ref var held = ref _ring.At(sequence);
        if (held.Next <= sequence + 1)
        {
            held = new Held(sequence + 1, decision);
        }

        GC.KeepAlive(_ring);
    }

    /// <summary>
    /// The first decision of a payment. By the thread that adds. Waits for what is still to be
    /// learned.
    /// </summary>
    /// <param name="sequence">The first record's number in order of folding; -1 where it is not
    /// known.</param>
    /// <param name="logIndex">The first record's position.</param>
    /// <remarks>
    /// What was learned comes first: what this process decided while the partition went to another
    /// may never have been written, and the other's decision counts. Fails as what was to be
    /// learned failed.
    /// </remarks>
    public bool TryFind(long sequence, int logIndex, long offset, out FirstDecision decision)
    {
        if (_earlier.TryGetValue(logIndex, out var earlier) && earlier.GetAwaiter().GetResult().TryGetValue(offset, out decision))
        {
            return true;
        }

        var held = sequence >= 0 && _ring.IsOpen(sequence) ? _ring.At(sequence) : default;
        GC.KeepAlive(_ring);
        decision = held.Decision;
        return (sequence >= 0 && held.Next == sequence + 1) || _byPosition.TryGetValue((logIndex, offset), out decision);
    }

    private void AddByPosition((int LogIndex, long Offset) position, in FirstDecision decision)
    {
        if (!_byPosition.ContainsKey(position))
        {
            if (_oldest.Count == PositionsMax)
            {
                _byPosition.Remove(_oldest.Dequeue());
            }

            _oldest.Enqueue(position);
        }

        _byPosition[position] = decision;
    }
}
