using System.Collections.Concurrent;
using StreamScoring.State;

namespace StreamScoring.Decisions;

/// <summary>
/// What was decided for the payments of the idempotency window, so that one that is published again gets its first decision back. Those
/// decided here are held by their number in order of folding; those decided before by their position, as read from the decisions.
/// </summary>
public sealed class FirstDecisions
{
    private readonly SequenceRing<Held> _ring;
    private readonly ConcurrentDictionary<int, Task<IReadOnlyDictionary<long, FirstDecision>>> _earlier = [];

    /// <param name="paymentsMax">As many as the idempotency index holds at most.</param>
    public FirstDecisions(int paymentsMax) => _ring = new SequenceRing<Held>(paymentsMax);

    /// <summary>What was decided, and for which payment: its number plus one, so that 0 is none.</summary>
    internal readonly record struct Held(long Next, FirstDecision Decision);

    /// <summary>
    /// Decisions of a partition that was taken over. From any thread, before the first payment of it is decided; what was given for the same
    /// log before is replaced.
    /// </summary>
    /// <param name="decisions">By offset of the payment. They may still be on their way: only a payment that comes again waits for them.</param>
    public void Learn(int logIndex, Task<IReadOnlyDictionary<long, FirstDecision>> decisions) => _earlier[logIndex] = decisions;

    /// <summary>Notes a decision. By one thread. Of two that share a place the later payment's stays.</summary>
    /// <param name="sequence">Of the payment's first record, in order of folding.</param>
    public void Add(long sequence, in FirstDecision decision)
    {
        _ring.Open(sequence);
        ref var held = ref _ring.At(sequence);
        if (held.Next <= sequence)
        {
            held = new Held(sequence + 1, decision);
        }

        GC.KeepAlive(_ring);
    }

    /// <summary>The first decision of a payment. By the thread that adds. Waits for what is still to be learned.</summary>
    /// <param name="sequence">The first record's number in order of folding; -1 where it is not known.</param>
    /// <param name="logIndex">The first record's position.</param>
    /// <remarks>Fails as what was to be learned failed.</remarks>
    public bool TryFind(long sequence, int logIndex, long offset, out FirstDecision decision)
    {
        var held = sequence >= 0 && _ring.IsOpen(sequence) ? _ring.At(sequence) : default;
        GC.KeepAlive(_ring);
        decision = held.Decision;
        return (sequence >= 0 && held.Next == sequence + 1)
            || (_earlier.TryGetValue(logIndex, out var earlier) && earlier.GetAwaiter().GetResult().TryGetValue(offset, out decision));
    }
}
