using StreamScoring.Logs;
using StreamScoring.Takeover;

namespace StreamScoring.Simulation;

/// <summary>
/// The coordinators of a region's transactions, and the group's part in them (KIP-447).
/// </summary>
internal sealed class SimulatedTransactions(SimulatedCluster cluster, VirtualClock clock)
{
    private readonly List<SimulatedTransaction> _open = [];

    public bool HasOpen => _open.Count > 0;

    public SimulatedTransaction Begin(long timeoutMs)
    {
        var transaction = new SimulatedTransaction(clock.NowMs + timeoutMs);
        _open.Add(transaction);
        return transaction;
    }

    /// <returns>False where the transaction was aborted, or the member is a former one.</returns>
    public bool TrySendOffsets(SimulatedTransaction transaction, SimulatedMember.Name member, IReadOnlyList<LogOffset> offsets)
    {
        if (transaction.State != TransactionState.Open || !cluster.Group.IsCurrent(member))
        {
            return false;
        }

        transaction.Offsets = [.. offsets];
        return true;
    }

    /// <returns>False where the brokers aborted it before.</returns>
    public bool TryCommit(SimulatedTransaction transaction)
    {
        if (transaction.State != TransactionState.Open)
        {
            return false;
        }

        foreach (var (logIndex, next, _) in transaction.Offsets)
        {
            // Offsets in a transaction carry no topic's id.
            cluster.Committed[logIndex] = new CommittedOffset(next, "");
        }

        End(transaction, TransactionState.Committed);
        return true;
    }

    public void Abort(SimulatedTransaction transaction)
    {
        if (transaction.State == TransactionState.Open)
        {
            End(transaction, TransactionState.Aborted);
        }
    }

    /// <summary>
    /// Whether what is committed of the log may change yet: a reader of stable offsets waits.
    /// </summary>
    public bool IsPending(int logIndex) => _open.Exists(transaction => transaction.Offsets.Any(offset => offset.LogIndex == logIndex));

    /// <summary>The brokers abort those whose time is over.</summary>
    public void Expire() => _open.Where(transaction => transaction.AbortsAtMs <= clock.NowMs).ToList().ForEach(Abort);

    private void End(SimulatedTransaction transaction, TransactionState state)
    {
        transaction.State = state;
        _open.Remove(transaction);
        foreach (var log in cluster.Decisions.Concat(cluster.DeadLetters))
        {
            log.Settle();
        }
    }
}
