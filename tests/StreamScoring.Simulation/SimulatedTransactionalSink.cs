using StreamScoring.Batches;
using StreamScoring.Emit;
using StreamScoring.Logs;
using StreamScoring.Takeover;

namespace StreamScoring.Simulation;

/// <summary>
/// A transactional producer: all batches that wait are one transaction, with the offsets of what
/// they answer. The brokers take one request at a step. A transaction that is aborted is written
/// again as long as the process may write, as on Kafka.
/// </summary>
/// <param name="process">Its name.</param>
/// <param name="logs">As the process found them.</param>
/// <param name="membership">As which member it may write; null for none.</param>
internal sealed class SimulatedTransactionalSink(
    SimulationContext context, string process, LogTable logs, Func<SimulatedMember.Name?> membership, Func<int, bool> mayWrite) : ISimulatedSink
{
    private const long AttemptPauseMs = 200;

    private readonly SimulatedCluster _cluster = context.Cluster;
    private readonly VirtualClock _clock = context.Clock;
    private readonly TransactionOffsets _offsets = new(logs);
    private readonly Queue<(PaymentBatch Batch, TaskCompletionSource Written)> _waiting = new();
    private readonly List<(PaymentBatch Batch, TaskCompletionSource Written)> _taken = [];
    private readonly Queue<(SimulatedLog Log, SimulatedLog.Record Record)> _toSend = new();
    private SimulatedTransaction? _open;
    private DeliveryFailedException? _failure;
    private bool _areOffsetsSent;
    private bool _isDead;
    private long _attemptAtMs;

    public long StalledUntilMs { get; set; }

    public bool HasQueued => _failure is null && !HasUnacknowledged && (_open is not null || (!_isDead && _waiting.Count + _taken.Count > 0));

    public bool HasUnacknowledged { get; private set; }

    public Task WriteAsync(PaymentBatch batch)
    {
        if (_failure is not null)
        {
            return Task.FromException(_failure);
        }

        if (!batch.Decide.AsSpan(0, batch.RowCount).Contains(true))
        {
            return Task.CompletedTask;
        }

        var written = new TaskCompletionSource();
        _waiting.Enqueue((batch, written));
        return written.Task;
    }

    public void Deliver(Random random)
    {
        if (_clock.NowMs < _attemptAtMs)
        {
            return;
        }

        if (_open is null)
        {
            Begin(random);
        }
        else if (_toSend.Count > 0)
        {
            Send(_open, 1 + random.Next(_toSend.Count));
        }
        else if (!_areOffsetsSent)
        {
            SendOffsets(_open);
        }
        else if (_cluster.Transactions.TryCommit(_open))
        {
            (_open, _areOffsetsSent, HasUnacknowledged) = (null, false, true);
        }
        else
        {
            Abort("the brokers aborted it");
        }

        if (_isDead)
        {
            _open = null;
        }
    }

    public void Acknowledge()
    {
        HasUnacknowledged = false;
        _offsets.Committed();
        var written = _taken.ToList();
        _taken.Clear();
        written.ForEach(pending => pending.Written.SetResult());
    }

    public void Refuse() => Fail(new DeliveryFailedException("refused"));

    public void Die() => _isDead = true;

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private void Begin(Random random)
    {
        while (_waiting.TryDequeue(out var waiting))
        {
            _taken.Add(waiting);
        }

        _open = _cluster.Transactions.Begin(timeoutMs: 2000 + random.Next(20_000));
        _offsets.Begin();
        foreach (var (batch, _) in _taken)
        {
            _offsets.Note(batch);
            var vector = batch.Encoded.Vector.ToArray();
            foreach (var record in batch.Encoded.Records)
            {
                var logIndex = batch.LogIndex[record.RowIndex];
                _toSend.Enqueue((
                    (record.IsDeadLetter ? _cluster.DeadLetters : _cluster.Decisions)[logs[logIndex].Partition],
                    new SimulatedLog.Record(
                        _clock.NowMs, batch.Encoded.Buffer.Written.Slice(record.ValueStart, record.ValueLength).ToArray(), logs[logIndex], batch.Offset[record.RowIndex],
                        record.IsDeadLetter ? [] : vector, record.CarriesVector, logs.TopicIdOf(logIndex), process)));
            }
        }
    }

    private void Send(SimulatedTransaction transaction, int count)
    {
        if (transaction.State != TransactionState.Open)
        {
            Abort("the brokers aborted it");
            return;
        }

        for (; count > 0; count--)
        {
            var (log, record) = _toSend.Dequeue();
            log.Append(record, transaction);
        }
    }

    private void SendOffsets(SimulatedTransaction transaction)
    {
        try
        {
            if (_offsets.Claim(membership, mayWrite) is not { } member)
            {
                Abort("it is no member of the group at the moment");
            }
            else if (!_cluster.Transactions.TrySendOffsets(transaction, member, _offsets.Sent))
            {
                Abort("the group's coordinator refuses it, or it was aborted");
            }
            else
            {
                _areOffsetsSent = true;
            }
        }
        catch (DeliveryFailedException e)
        {
            Fail(e);
        }
    }

    /// <summary>It is written again, a moment later.</summary>
    private void Abort(string reason)
    {
        context.Trace($"process {process} writes a transaction again: {reason}");
        if (_open is not null)
        {
            _cluster.Transactions.Abort(_open);
        }

        _open = null;
        _areOffsetsSent = false;
        _toSend.Clear();
        _attemptAtMs = _clock.NowMs + AttemptPauseMs;
    }

    private void Fail(DeliveryFailedException e)
    {
        Abort(e.Message);
        _failure = e;
        foreach (var (_, written) in _taken.Concat(_waiting))
        {
            // What is committed and not heard of is not known here.
            written.TrySetException(e);
        }

        _taken.Clear();
        _waiting.Clear();
        HasUnacknowledged = false;
    }
}
