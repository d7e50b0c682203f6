using Confluent.Kafka;
using StreamScoring.KafkaClients;
using StreamScoring.Regions;

namespace StreamScoring.Kafka;

/// <summary>
/// Membership in the consumer group: says which payments partitions this process owns, and commits what is decided. It reads no
/// records. A revoked partition is given up only when what was taken of it is acknowledged.
/// </summary>
internal sealed class GroupMembership : IDisposable
{
    private static readonly TimeSpan CommitInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan CommittedStep = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan DrainPatience = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How long a partition that comes back waits for what this process still has on its way of it:
    /// its end is not known before. Then the process gives up and starts over: it has not owned the
    /// partition yet, so it committed and decided nothing of it. Less than a member may be silent
    /// in a rebalance.
    /// </summary>
    private static readonly TimeSpan TakeOverPatienceDefault = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan TailPause = TimeSpan.FromMilliseconds(500);

    /// <summary>
    /// With the consumer protocol: after which the coordinator throws a member out that was told to give a partition up and does not. It tells a member once; where
    /// it dies just then, librdkafka may never hear of it and hold on to the partition, and nobody decides it that long.
    /// </summary>
    private static readonly TimeSpan RevocationPatience = TimeSpan.FromSeconds(45);

    /// <summary>With the consumer protocol: how long a member that heard of no partitions counts on some, before it starts as one in waiting.</summary>
    private static readonly TimeSpan WaitingPatience = TimeSpan.FromSeconds(10);

    private readonly IConsumer<Ignore, Ignore> _consumer;
    private readonly string _topic;
    private readonly string _group;
    private readonly KafkaConnection _connection;
    private readonly LogTable _logs;
    private readonly PartitionOwnership _ownership;
    private readonly DecidedTail _tail;
    private readonly LogHealth _health;
    private readonly Action<int> _owns;
    private readonly Action<string> _log;
    private readonly bool _commitsOffsets;
    private readonly bool _waitsUntold;
    private readonly Dictionary<int, long> _committed = [];
    private readonly HashSet<int> _owned = [];
    private readonly ManualResetEventSlim _joined = new();
    private readonly Thread _thread;
    private volatile string _memberId = "";
    private volatile bool _isTakingOver;
    private volatile bool _isAssigned;
    private volatile bool _isStopping;
    private volatile Exception? _failure;

    /// <param name="owns">Told each log that became owned, after it did.</param>
    public GroupMembership(
        KafkaConnection connection, string topic, GroupOptions group, LogTable logs, PartitionOwnership ownership, DecidedTail tail, LogHealth health, Action<int> owns, Action<string> log)
    {
        (_connection, _topic, _group, _logs, _ownership, _tail, _health, _owns, _log) = (connection, topic, group.Name, logs, ownership, tail, health, owns, log);
        _commitsOffsets = group.TransactionTimeout is null;
        // A member of the consumer protocol that has no partitions yet, as it is one too many or another is slow to give one up, hears nothing. That it may not join is an error.
        _waitsUntold = group.UsesConsumerProtocol;
        _consumer = new ConsumerBuilder<Ignore, Ignore>(connection.Settings([
                ("group.id", group.Name),
                ("enable.auto.commit", "false"),
                ("enable.auto.offset.store", "false"),
                ("auto.offset.reset", "earliest"),
                .. ProtocolSettings(group),
                // It is paused as soon as it owns anything; what comes before that is thrown away.
                ("queued.max.messages.kbytes", "64"),
                ("fetch.message.max.bytes", "4096"),
            ]))
            .SetPartitionsAssignedHandler((_, partitions) =>
            {
                OnAssigned(partitions);
                // Not from what is committed: librdkafka would ask the coordinator for it, and where that is another broker by then it never asks again, and so
                // never gives the partition up either (librdkafka issue 5586; with the consumer protocol a chaos run met it).
                return partitions.Select(partition => new TopicPartitionOffset(partition, Offset.End));
            })
            .SetPartitionsRevokedHandler((_, partitions) => OnRevoked(partitions, mayDrain: true))
            .SetPartitionsLostHandler((_, partitions) => OnRevoked(partitions, mayDrain: false))
            .SetErrorHandler((_, error) => OnError(error))
            .SetLogHandler((_, _) => { })
            .Build();
        _thread = new Thread(Run) { IsBackground = true, Name = $"kafka group {group.Name}" };
    }

    /// <summary>See <see cref="TakeOverPatienceDefault"/>; tests have less.</summary>
    internal TimeSpan TakeOverPatience { get; init; } = TakeOverPatienceDefault;

    /// <summary>Why this process can be a member no longer; null while it can.</summary>
    public Exception? Failure => _failure;

    /// <summary>
    /// As which member of the group this process owns its partitions, in its newest generation: what brokers tell a zombie's transaction
    /// by. Null while it is not that member. It may be asked for by any thread, and is sound only where <see cref="PartitionOwnership.MayWrite"/> is
    /// asked after it.
    /// </summary>
    public IConsumerGroupMetadata? Metadata
    {
        get
        {
            // The client drops its member id as soon as the group has dropped the member, before it tells us; and what it then gives
            // out belongs to nobody, which brokers take for a writer that does not care for fencing.
            var (memberId, metadata) = (_memberId, _consumer.ConsumerGroupMetadata);
            return memberId.Length > 0 && _consumer.MemberId == memberId ? metadata : null;
        }
    }

    /// <summary>Joins the group.</summary>
    /// <returns>The payments partitions that are owned, once the group has said so; none for a member in waiting.</returns>
    /// <exception cref="KafkaFailedException">The group gave no answer in time.</exception>
    public IReadOnlyCollection<int> JoinAndWait(TimeSpan timeout, Func<bool> isStopping)
    {
        _thread.Start();
        var waited = TimeSpan.Zero;
        // What it takes to find out where the partitions stand has a patience of its own.
        for (var step = TimeSpan.FromMilliseconds(50); !_joined.Wait(step) && !isStopping(); waited += _isTakingOver ? TimeSpan.Zero : step)
        {
            if (_failure is not null)
            {
                break;
            }

            if (_waitsUntold && waited > WaitingPatience)
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
            throw failure as KafkaFailedException ?? new KafkaFailedException(failure.Message, failure);
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
        catch (KafkaException e)
        {
            _failure = FailureOf(e.Error);
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
            if (_isAssigned)
            {
                // Pausing needs the assignment, which is there once the handler has returned.
                _isAssigned = false;
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
        if (_isStopping || _failure is not null)
        {
            // It is about to leave, and the group waits for it: what it asked now would only take time.
            return;
        }

        var began = TimeProvider.System.GetTimestamp();
        _isTakingOver = true;
        var numbers = partitions.Select(partition => partition.Partition.Value).ToList();
        // What this process sent for them when it owned them before must be where the tail is read.
        var logs = LogsOf([.. numbers]);
        lock (_owned)
        {
            if (_owned.Count == 0)
            {
                // Later it only holds on to it: another id with partitions of the former one in hand is a member that was replaced meanwhile.
                _memberId = _consumer.MemberId;
            }
        }

        if (!SpinWait.SpinUntil(() => _isStopping || logs.TrueForAll(_ownership.IsDrained), TakeOverPatience))
        {
            _failure = new KafkaFailedException(
                $"{string.Join(", ", logs.Where(logIndex => !_ownership.IsDrained(logIndex)).Select(logIndex => _logs[logIndex]))} came back to this process, and what it had taken of it before is not acknowledged after {TakeOverPatience.TotalSeconds:0} s; are the brokers of {_connection} slow, or away?");
            return;
        }

        var ends = DecidedEnds(numbers, logs);
        if (_isStopping || _failure is not null)
        {
            // Nothing is decided any more, and the group is to be left in good order.
            return;
        }

        foreach (var (logIndex, decideFrom) in ends)
        {
            _ownership.Own(logIndex, decideFrom);
            _owns(logIndex);
        }

        lock (_owned)
        {
            _owned.UnionWith(numbers);
        }

        (_isTakingOver, _isAssigned) = (false, true);
        if (numbers.Count > 0)
        {
            _log(FormattableString.Invariant(
                $"owns {string.Join(", ", numbers.Order().Select(number => $"{_connection.Region}/{_topic}/{number}"))}; their decided ends took {TimeProvider.System.GetElapsedTime(began).TotalSeconds:0.000} s"));
            _log($"decides {string.Join(", ", ends.Select(end => $"{_logs[end.LogIndex]} from {end.DecideFrom}"))}");
        }
    }

    /// <summary>
    /// Asks until it is told: partitions mostly change hands when a broker is away, and a failure here would only make them change hands
    /// again. It must not reach the client, which has no way to take back an assignment.
    /// </summary>
    /// <returns>Nothing where the process ends meanwhile, or can be a member no longer.</returns>
    private IReadOnlyList<(int LogIndex, long DecideFrom)> DecidedEnds(List<int> numbers, List<int> logs)
    {
        var said = "";
        while (!_isStopping)
        {
            try
            {
                var committed = CommittedOf(logs);
                var ends = _tail.DecideFrom(numbers, _logs, logIndex => committed.GetValueOrDefault(logIndex, CommittedOffset.None), () => _isStopping);
                _health.Undecided("taking over", [], "");
                return ends;
            }
            catch (Exception e) when (e is KafkaFailedException or KafkaException)
            {
                if (e is PositionBeyondEndException
                    || ((e as KafkaException ?? e.InnerException as KafkaException) is { } known && (IsRefused(known.Error.Code) || IsMissing(known.Error.Code))))
                {
                    _failure = e;
                    return [];
                }

                if (_isStopping)
                {
                    return [];
                }

                _health.Undecided("taking over", [.. logs.Select(logIndex => _logs[logIndex])], $"it is asked again where its decisions end: {e.Message}");
                if (e.Message != said)
                {
                    said = e.Message;
                    _log($"asks again where decisions end: {e.Message}");
                }

                Thread.Sleep(TailPause);
            }
        }

        return [];
    }

    private static bool IsMissing(ErrorCode code) => code is ErrorCode.UnknownTopicOrPart or ErrorCode.Local_UnknownTopic or ErrorCode.Local_UnknownPartition;

    private static bool IsRefused(ErrorCode code) => code is ErrorCode.TopicAuthorizationFailed or ErrorCode.GroupAuthorizationFailed
        or ErrorCode.ClusterAuthorizationFailed or ErrorCode.SaslAuthenticationFailed or ErrorCode.Local_Authentication;

    private void OnRevoked(List<TopicPartitionOffset> partitions, bool mayDrain)
    {
        var numbers = partitions.Select(partition => partition.Partition.Value).ToHashSet();
        var logs = LogsOf(numbers);
        foreach (var logIndex in logs)
        {
            _ownership.Disown(logIndex);
        }

        if (mayDrain)
        {
            // At the end the graph is gone: it was drained before, or it failed and never will be.
            SpinWait.SpinUntil(() => _isStopping || logs.TrueForAll(_ownership.IsDrained), DrainPatience);
            Commit();
        }

        logs.ForEach(_ownership.Release);
        lock (_owned)
        {
            _owned.ExceptWith(numbers);
        }

        _log($"gives up {string.Join(", ", numbers.Order().Select(number => $"{_connection.Region}/{_topic}/{number}"))}");
    }

    private List<int> LogsOf(HashSet<int> partitions) =>
        [.. Enumerable.Range(0, _logs.Count).Where(logIndex => partitions.Contains(_logs.OwnedWith(logIndex)))];

    private static (string, string)[] ProtocolSettings(GroupOptions group) =>
    [
        .. group.UsesConsumerProtocol
            // Session and heartbeat are the broker's to say, and so is who gets what.
            ? [("group.protocol", "consumer"), ("max.poll.interval.ms", $"{(int)RevocationPatience.TotalMilliseconds}")]
            : new[]
            {
                ("partition.assignment.strategy", "cooperative-sticky"),
                ("session.timeout.ms", $"{(int)group.Session.TotalMilliseconds}"),
                // A member hears of partitions that became free with its next heartbeat, so this is part of every promotion.
                ("heartbeat.interval.ms", $"{(int)Math.Clamp(group.Session.TotalMilliseconds / 5, 100, 500)}"),
            },
        .. group.Instance.Length > 0 ? [("group.instance.id", group.Instance)] : Array.Empty<(string, string)>(),
    ];

    /// <exception cref="KafkaException">No answer, or none yet: a transaction is open that may change it. The brokers abort it when its time is over.</exception>
    private Dictionary<int, CommittedOffset> CommittedOf(List<int> logs) => logs.Count == 0 ? []
        : GroupCommits.Read(_consumer.Handle, [.. logs.Select(PartitionOf)], CommittedStep).ToDictionary(
            commit => logs.Find(logIndex => _logs[logIndex].Topic == commit.Topic && _logs[logIndex].Partition == commit.Partition),
            commit => new CommittedOffset(commit.Offset, commit.Metadata));

    private TopicPartition PartitionOf(int logIndex) => new(_logs[logIndex].Topic, _logs[logIndex].Partition);

    /// <summary>How far the group is: a hint for operators and tools; and for labels, of which nothing else is written where they are good.</summary>
    private void Commit()
    {
        if (!_commitsOffsets)
        {
            return;
        }

        HashSet<int> owned;
        lock (_owned)
        {
            owned = [.. _owned];
        }

        var offsets = new List<GroupCommit>();
        foreach (var logIndex in LogsOf(owned))
        {
            var next = _ownership.AcknowledgedThrough(logIndex);
            if (next > _committed.GetValueOrDefault(logIndex, 0))
            {
                // With the id of the topic that it is a position of: the topic of that name may be another by the time the commit arrives.
                offsets.Add(new GroupCommit(_logs[logIndex].Topic, _logs[logIndex].Partition, next, _logs.TopicIdOf(logIndex) ?? ""));
                _committed[logIndex] = next;
            }
        }

        if (offsets.Count == 0)
        {
            return;
        }

        try
        {
            GroupCommits.Commit(_consumer.Handle, offsets);
        }
        catch (KafkaException e)
        {
            OnError(e.Error);
        }
    }

    private void OnError(Error error)
    {
        if (error.IsFatal || IsRefused(error.Code))
        {
            _failure = FailureOf(error);
        }
    }

    private KafkaFailedException FailureOf(Error error) => error.Code == ErrorCode.UnreleasedInstanceId
        ? new InstanceInUseException($"{_connection}: {error.Reason}")
        : new KafkaFailedException($"{_connection}: {error.Reason}");
}
