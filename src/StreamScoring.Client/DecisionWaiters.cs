using System.Text;
using StreamScoring.Contracts;

namespace StreamScoring.Client;

/// <summary>
/// Matches what comes from the decisions and dead-letter topics with the calls that wait: by
/// payment id, and by the position at which the call's own publication stands. A decision may come
/// before its position is known; it is kept until then. Any thread may use it.
/// </summary>
internal sealed class DecisionWaiters
{
    /// <summary>
    /// Decisions kept for a call whose position is not known yet; of more, the oldest go. They are
    /// publications of one payment id.
    /// </summary>
    internal const int EarlyMax = 16;

    /// <summary>Refusals kept because a call's position may not be known yet.</summary>
    internal const int RefusalsMax = 256;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, List<DecisionWaiter>> _byPayment = new(StringComparer.Ordinal);
    private readonly Queue<(DecisionSource Source, string Reason)> _refusals = new();
    private Exception? _failure;

    /// <summary>Calls that wait.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _byPayment.Sum(pair => pair.Value.Count);
            }
        }
    }

    public DecisionWaiter Add(string paymentId)
    {
        var waiter = new DecisionWaiter(paymentId);
        lock (_lock)
        {
            if (_failure is { } failure)
            {
                waiter.Answer.SetException(failure);
            }

            if (!_byPayment.TryGetValue(paymentId, out var waiters))
            {
                _byPayment[paymentId] = waiters = [];
            }

            waiters.Add(waiter);
        }

        return waiter;
    }

    public void Remove(DecisionWaiter waiter)
    {
        lock (_lock)
        {
            if (_byPayment.TryGetValue(waiter.PaymentId, out var waiters) && waiters.Remove(waiter) && waiters.Count == 0)
            {
                _byPayment.Remove(waiter.PaymentId);
            }
        }
    }

    /// <summary>The call's payment stands at this position.</summary>
    public void Published(DecisionWaiter waiter, in DecisionSource position)
    {
        lock (_lock)
        {
            waiter.Position = position;
            foreach (var decision in waiter.Early)
            {
                Offer(waiter, decision);
            }

            waiter.Early.Clear();
            foreach (var (source, reason) in _refusals)
            {
                if (source == position)
                {
                    waiter.Answer.TrySetException(new PaymentRefusedException(waiter.PaymentId, source, reason));
                }
            }
        }
    }

    /// <summary>
    /// Whether a call waits for this payment: all others' decisions need not even be decoded.
    /// </summary>
    /// <param name="key">A decision's key: the payment's id in UTF-8.</param>
    public bool IsAwaited(byte[]? key)
    {
        lock (_lock)
        {
            return key is not null && _byPayment.Count > 0 && _byPayment.ContainsKey(Encoding.UTF8.GetString(key));
        }
    }

    public void Offer(ReadDecision decision)
    {
        lock (_lock)
        {
            if (!_byPayment.TryGetValue(decision.Record.PaymentId, out var waiters))
            {
                return;
            }

            foreach (var waiter in waiters)
            {
                if (waiter.Position is not null)
                {
                    Offer(waiter, decision);
                    continue;
                }

                if (waiter.Early.Count == EarlyMax)
                {
                    waiter.Early.RemoveAt(0);
                }

                waiter.Early.Add(decision);
            }
        }
    }

    /// <summary>The record at this position became a dead letter.</summary>
    public void Refused(in DecisionSource position, string reason)
    {
        lock (_lock)
        {
            if (_byPayment.Count == 0)
            {
                return;
            }

            foreach (var waiter in _byPayment.Values.SelectMany(waiters => waiters))
            {
                if (waiter.Position == position)
                {
                    waiter.Answer.TrySetException(new PaymentRefusedException(waiter.PaymentId, position, reason));
                    return;
                }
            }

            if (_refusals.Count == RefusalsMax)
            {
                _refusals.Dequeue();
            }

            _refusals.Enqueue((position, reason));
        }
    }

    /// <summary>
    /// No decision can come any more: every call fails with this, those that come later too.
    /// </summary>
    public void Fail(Exception failure)
    {
        lock (_lock)
        {
            _failure = failure;
            foreach (var waiter in _byPayment.Values.SelectMany(waiters => waiters))
            {
                waiter.Answer.TrySetException(failure);
            }
        }
    }

    private static void Offer(DecisionWaiter waiter, ReadDecision decision)
    {
        if (decision.Source == waiter.Position)
        {
            waiter.Answer.TrySetResult(decision);
        }
        else
        {
            waiter.Other = decision;
        }
    }
}
