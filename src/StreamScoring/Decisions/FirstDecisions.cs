using System.Collections.Concurrent;

namespace StreamScoring.Decisions;

/// <summary>
/// What was decided for the payments of the idempotency window, so that one that is published again gets its first decision back. Those
/// decided here are held by their number in order of folding; those decided before by their position, as read from the decisions.
/// </summary>
public sealed class FirstDecisions
{
    private readonly int _paymentsMax;
    private (long Sequence, FirstDecision Decision)[] _ring = NewRing(1 << 12);
    private readonly ConcurrentDictionary<int, Task<IReadOnlyDictionary<long, FirstDecision>>> _earlier = [];

    /// <param name="paymentsMax">As many as the idempotency index holds at most.</param>
    public FirstDecisions(int paymentsMax) => _paymentsMax = paymentsMax;

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
        var index = (int)(sequence & (_ring.Length - 1));
        if (_ring[index].Sequence >= 0 && _ring.Length < _paymentsMax)
        {
            Grow();
            index = (int)(sequence & (_ring.Length - 1));
        }

        if (_ring[index].Sequence <= sequence)
        {
            _ring[index] = (sequence, decision);
        }
    }

    /// <summary>The first decision of a payment. By the thread that adds. Waits for what is still to be learned.</summary>
    /// <param name="sequence">The first record's number in order of folding; -1 where it is not known.</param>
    /// <param name="logIndex">The first record's position.</param>
    /// <remarks>Fails as what was to be learned failed.</remarks>
    public bool TryFind(long sequence, int logIndex, long offset, out FirstDecision decision)
    {
        ref readonly var entry = ref _ring[(int)(sequence & (_ring.Length - 1))];
        decision = entry.Decision;
        return (sequence >= 0 && entry.Sequence == sequence)
            || (_earlier.TryGetValue(logIndex, out var earlier) && earlier.GetAwaiter().GetResult().TryGetValue(offset, out decision));
    }

    private void Grow()
    {
        var old = _ring;
        _ring = NewRing(old.Length * 2);
        foreach (ref readonly var entry in old.AsSpan())
        {
            if (entry.Sequence >= 0)
            {
                _ring[(int)(entry.Sequence & (_ring.Length - 1))] = entry;
            }
        }
    }

    private static (long, FirstDecision)[] NewRing(int length)
    {
        var ring = new (long Sequence, FirstDecision)[length];
        ring.AsSpan().Fill((-1, default));
        return ring;
    }
}
