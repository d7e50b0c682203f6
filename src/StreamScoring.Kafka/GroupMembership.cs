using Confluent.Kafka;
using StreamScoring.Regions;

namespace StreamScoring.Kafka;

/// <summary>
/// Membership in the consumer group: says which payments partitions this process owns, and commits what is decided. It reads no
/// records. A revoked partition is given up only when what was taken of it is acknowledged.
/// </summary>
internal sealed class GroupMembership : IDisposable
{
    private static readonly TimeSpan CommitInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan DrainPatience = TimeSpan.FromSeconds(10);

    private readonly IConsumer<Ignore, Ignore> _consumer;
    private readonly string _topic;
    private readonly string _group;
    private readonly KafkaConnection _connection;
    private readonly LogTable _logs;
    private readonly PartitionOwnership _ownership;
    private readonly DecidedTail _tail;
    private readonly Action<int, long> _moved;
    private readonly Action<string> _log;
    private readonly int _partitionCount;
    private readonly Dictionary<int, long> _committed = [];
    private readonly HashSet<int> _owned = [];
    private readonly ManualResetEventSlim _joined = new();
    private readonly Thread _thread;
    private volatile bool _isStopping;
    private volatile Exception? _failure;

    public GroupMembership(
        KafkaConnection connection, string topic, string group, LogTable logs, PartitionOwnership ownership, DecidedTail tail, Action<int, long> moved, Action<string> log)
    {
        (_connection, _topic, _group, _logs, _ownership, _tail, _moved, _log) = (connection, topic, group, logs, ownership, tail, moved, log);
        _partitionCount = Enumerable.Range(0, logs.Count).Count(logIndex => logs.KindOf(logIndex) == LogKind.Payments);
        _consumer = new ConsumerBuilder<Ignore, Ignore>(connection.Settings(
                ("group.id", group),
                ("enable.auto.commit", "false"),
                ("enable.auto.offset.store", "false"),
                ("partition.assignment.strategy", "cooperative-sticky"),
                ("auto.offset.reset", "earliest"),
                ("session.timeout.ms", "10000"),
                ("heartbeat.interval.ms", "1000"),
                // It is paused as soon as it owns anything; what comes before that is thrown away.
                ("queued.max.messages.kbytes", "64"),
                ("fetch.message.max.bytes", "4096")))
            .SetPartitionsAssignedHandler((_, partitions) => OnAssigned(partitions))
            .SetPartitionsRevokedHandler((_, partitions) => OnRevoked(partitions, mayDrain: true))
            .SetPartitionsLostHandler((_, partitions) => OnRevoked(partitions, mayDrain: false))
            .SetErrorHandler((_, error) => OnError(error))
            .SetLogHandler((_, _) => { })
            .Build();
        _thread = new Thread(Run) { IsBackground = true, Name = $"kafka group {group}" };
    }

    /// <summary>Why this process can be a member no longer; null while it can.</summary>
    public Exception? Failure => _failure;

    /// <summary>Joins the group.</summary>
    /// <returns>The payments partitions that are owned, once the group has said so.</returns>
    /// <exception cref="KafkaFailedException">The group gave no answer in time.</exception>
    public IReadOnlyCollection<int> JoinAndWait(TimeSpan timeout, Func<bool> isStopping)
    {
        _thread.Start();
        var waited = TimeSpan.Zero;
        for (var step = TimeSpan.FromMilliseconds(50); !_joined.Wait(step) && !isStopping(); waited += step)
        {
            if (_failure is not null)
            {
                break;
            }

            if (waited > timeout)
            {
                throw new KafkaFailedException($"{_connection}: the group {_group} gave no partitions within {timeout.TotalSeconds:0} s; is {_topic} there, and may this process join the group?");
            }
        }

        if (_failure is { } failure)
        {
            throw new KafkaFailedException(failure.Message, failure);
        }

        lock (_owned)
        {
            return [.. _owned];
        }
    }

    public void Dispose()
    {
        _isStopping = true;
        if (_thread.IsAlive)
        {
            _thread.Join();
        }

        _consumer.Dispose();
        _joined.Dispose();
    }

    private void Run()
    {
        try
        {
            _consumer.Subscribe(_topic);
            var committedAt = TimeProvider.System.GetTimestamp();
            while (!_isStopping)
            {
                Poll(TimeSpan.FromMilliseconds(100));
                if (TimeProvider.System.GetElapsedTime(committedAt) >= CommitInterval)
                {
                    Commit();
                    committedAt = TimeProvider.System.GetTimestamp();
                }
            }

            Commit();
            // Leaves the group at once, so that others need not wait for the session to end.
            _consumer.Close();
        }
        catch (Exception e)
        {
            _failure = e;
        }
    }

    private void Poll(TimeSpan timeout)
    {
        try
        {
            // Whatever it returns is thrown away: records are read by the other client.
            _consumer.Consume(timeout);
            if (_consumer.Assignment.Count > 0 && !_joined.IsSet)
            {
                _consumer.Pause(_consumer.Assignment);
                _joined.Set();
            }
        }
        catch (ConsumeException e) when (!e.Error.IsFatal)
        {
            OnError(e.Error);
        }
    }

    private void OnAssigned(List<TopicPartition> partitions)
    {
        var numbers = partitions.Select(partition => partition.Partition.Value).ToList();
        foreach (var (logIndex, decideFrom) in _tail.DecideFrom(numbers, _logs))
        {
            _moved(logIndex, decideFrom);
            _ownership.Own(logIndex, decideFrom);
        }

        lock (_owned)
        {
            _owned.UnionWith(numbers);
        }

        _log($"owns {string.Join(", ", numbers.Order().Select(number => $"{_connection.Region}/{_topic}/{number}"))}");
        if (_joined.IsSet && partitions.Count > 0)
        {
            // Later rounds: pausing needs the assignment, which is there once this handler returned and the next poll began.
            _joined.Reset();
        }
    }

    private void OnRevoked(List<TopicPartitionOffset> partitions, bool mayDrain)
    {
        var numbers = partitions.Select(partition => partition.Partition.Value).ToHashSet();
        var logs = Enumerable.Range(0, _logs.Count)
            .Where(logIndex => numbers.Contains(DecidedTail.OwnerOf(_logs[logIndex], _logs.KindOf(logIndex), _partitionCount))).ToList();
        foreach (var logIndex in logs)
        {
            _ownership.Disown(logIndex);
        }

        if (mayDrain)
        {
            SpinWait.SpinUntil(() => logs.TrueForAll(_ownership.IsDrained), DrainPatience);
            Commit();
        }

        lock (_owned)
        {
            _owned.ExceptWith(numbers);
        }

        _log($"gives up {string.Join(", ", numbers.Order().Select(number => $"{_connection.Region}/{_topic}/{number}"))}");
    }

    /// <summary>A hint for operators and tools: how far the group is. The truth is the end of the decisions.</summary>
    private void Commit()
    {
        var offsets = new List<TopicPartitionOffset>();
        for (var logIndex = 0; logIndex < _logs.Count; logIndex++)
        {
            var next = _ownership.AcknowledgedThrough(logIndex);
            var partition = _logs[logIndex].Partition;
            bool isOwned;
            lock (_owned)
            {
                isOwned = _owned.Contains(partition);
            }

            if (_logs.KindOf(logIndex) == LogKind.Payments && isOwned && next > _committed.GetValueOrDefault(partition, 0))
            {
                offsets.Add(new TopicPartitionOffset(_topic, partition, next));
                _committed[partition] = next;
            }
        }

        if (offsets.Count == 0)
        {
            return;
        }

        try
        {
            _consumer.Commit(offsets);
        }
        catch (KafkaException e)
        {
            OnError(e.Error);
        }
    }

    private void OnError(Error error)
    {
        if (error.IsFatal || error.Code is ErrorCode.GroupAuthorizationFailed or ErrorCode.TopicAuthorizationFailed or ErrorCode.SaslAuthenticationFailed)
        {
            _failure = new KafkaFailedException($"{_connection}: {error.Reason}");
        }
    }
}
