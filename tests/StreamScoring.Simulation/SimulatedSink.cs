using StreamScoring.Batches;
using StreamScoring.Emit;
using StreamScoring.Logs;

namespace StreamScoring.Simulation;

/// <summary>
/// An idempotent producer and its way to the brokers: per partition in order and without gaps,
/// between partitions in any order. What is appended is acknowledged later, or never.
/// </summary>
internal sealed class SimulatedSink : ISimulatedSink
{
    private readonly SimulatedCluster _cluster;

    /// <summary>
    /// As the process found them: what it sends after a topic was made anew is still on the former
    /// one.
    /// </summary>
    private readonly LogTable _logs;
    private readonly VirtualClock _clock;
    private readonly string _writer;
    private readonly DeadLettersFirst _inOrder;
    private readonly Dictionary<(bool IsDeadLetter, int Partition), Queue<(SimulatedLog.Record Record, Pending Batch)>> _queues = [];
    private readonly List<Pending> _appended = [];
    private bool _isRefused;

    public SimulatedSink(SimulatedCluster cluster, VirtualClock clock, string writer)
    {
        (_cluster, _clock, _logs, _writer) = (cluster, clock, cluster.Logs, writer);
        _inOrder = new DeadLettersFirst(SendAsync);
    }

    private sealed class Pending
    {
        public TaskCompletionSource Done { get; } = new();

        public int Left { get; set; }
    }

    public long StalledUntilMs { get; set; }

    public bool HasQueued => _queues.Values.Any(queue => queue.Count > 0);

    public bool HasUnacknowledged => _appended.Count > 0;

    public Task WriteAsync(PaymentBatch batch) => _inOrder.WriteAsync(batch);

    private Task SendAsync(PaymentBatch batch, bool deadLetters)
    {
        if (_isRefused)
        {
            return Task.FromException(new DeliveryFailedException("refused"));
        }

        var pending = new Pending();
        var vector = batch.Encoded.Vector.ToArray();
        foreach (var record in batch.Encoded.Records)
        {
            if (record.IsDeadLetter != deadLetters)
            {
                continue;
            }

            pending.Left++;
            var source = _cluster.Logs[batch.LogIndex[record.RowIndex]];
            var key = (record.IsDeadLetter, source.Partition);
            if (!_queues.TryGetValue(key, out var queue))
            {
                _queues[key] = queue = new();
            }

            queue.Enqueue((
                new SimulatedLog.Record(
                    _clock.NowMs, batch.Encoded.Buffer.Written.Slice(record.ValueStart, record.ValueLength).ToArray(), source, batch.Offset[record.RowIndex],
                    record.IsDeadLetter ? [] : vector, record.CarriesVector, _logs.TopicIdOf(batch.LogIndex[record.RowIndex]), _writer),
                pending));
        }

        return pending.Left == 0 ? Task.CompletedTask : pending.Done.Task;
    }

    /// <summary>The brokers take some records of one partition.</summary>
    public void Deliver(Random random)
    {
        var (key, queue) = _queues.Where(queue => queue.Value.Count > 0).ElementAt(random.Next(_queues.Values.Count(queue => queue.Count > 0)));
        for (var count = 1 + random.Next(queue.Count); count > 0; count--)
        {
            var (record, pending) = queue.Dequeue();
            (key.IsDeadLetter ? _cluster.DeadLetters : _cluster.Decisions)[key.Partition].Append(record);
            _appended.Add(pending);
        }
    }

    public void Acknowledge()
    {
        foreach (var pending in _appended)
        {
            if (--pending.Left == 0)
            {
                pending.Done.SetResult();
            }
        }

        _appended.Clear();
    }

    public void Refuse()
    {
        _isRefused = true;
        foreach (var (_, pending) in _queues.Values.SelectMany(queue => queue))
        {
            pending.Done.TrySetException(new DeliveryFailedException("refused"));
        }

        _queues.Clear();
    }

    public void Die()
    {
        // All that is queued was sent: an idempotent producer needs no answer between two requests.
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
