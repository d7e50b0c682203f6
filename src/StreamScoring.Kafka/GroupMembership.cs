using Confluent.Kafka;
using Microsoft.Extensions.Logging;
using StreamScoring.KafkaClients;
using StreamScoring.Logs;
using StreamScoring.Takeover;

namespace StreamScoring.Kafka;

/// <summary>
/// Membership in the consumer group on Kafka: polls, waits, and tells <see cref="Membership"/> what
/// it hears and reads; carries out what that decides. It reads no records.
/// </summary>
internal sealed class GroupMembership : IDisposable
{
    private static readonly TimeSpan CommittedStep = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan HandoverStep = TimeSpan.FromMilliseconds(1);

    /// <summary>
    /// With the consumer protocol: after which the coordinator throws a member out that was told to
    /// give a partition up and does not. It tells a member once; where it dies just then,
    /// librdkafka may never hear of it and hold on to the partition, and nobody decides it that
    /// long.
    /// </summary>
    private static readonly TimeSpan RevocationPatience = TimeSpan.FromSeconds(45);

    /// <summary>
    /// With the consumer protocol: how long a member that heard of no partitions counts on some,
    /// before it starts as one in waiting.
    /// </summary>
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
    private readonly ILogger _logger;
    private readonly bool _waitsUntold;
    private readonly long _began = TimeProvider.System.GetTimestamp();
    private readonly List<MembershipCommand.Own> _taken = [];
    private MembershipRules _rules;
    private Membership _membership;
    private string _saidAgain = "";
    private bool _leaves;
    private readonly ManualResetEventSlim _joined = new();
    private readonly Thread _thread;
    private volatile string _memberId = "";
    private volatile IReadOnlyList<int> _owned = [];
    private volatile bool _isTakingOver;
    private volatile bool _isAssigned;
    private volatile bool _isStopping;
    private volatile Exception? _failure;

    /// <param name="owns">Told each log that became owned, after it did.</param>
    public GroupMembership(
        KafkaConnection connection, string topic, GroupOptions group, LogTable logs, PartitionOwnership ownership, DecidedTail tail, LogHealth health, Action<int> owns, ILogger logger)
    {
        (_connection, _topic, _group, _logs, _ownership, _tail, _health, _owns, _logger) = (connection, topic, group.Name, logs, ownership, tail, health, owns, logger);
        _rules = new MembershipRules { CommitsOffsets = group.TransactionTimeout is null };
        _membership = new Membership(logs, _rules);
        // A member of the consumer protocol that has no partitions yet, as it is one too many or
        // another is slow to give one up, hears nothing. That it may not join is an error.
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
                HandOver(new MembershipFact.Assigned(NumbersOf(partitions), _consumer!.MemberId));
                // Not from what is committed: librdkafka would ask the coordinator for it, and
                // where that is another broker by then it never asks again, and so never gives the
                // partition up either (librdkafka issue 5586; with the consumer protocol a chaos
                // run met it).
                return partitions.Select(partition => new TopicPartitionOffset(partition, Offset.End));
            })
            .SetPartitionsRevokedHandler((_, partitions) => HandOver(new MembershipFact.Revoked(NumbersOf(partitions.Select(partition => partition.TopicPartition)))))
            .SetPartitionsLostHandler((_, partitions) => HandOver(new MembershipFact.Lost(NumbersOf(partitions.Select(partition => partition.TopicPartition)))))
            .SetErrorHandler((_, error) => Tell(FactOf(error)))
            .SetLogHandler((_, _) => { })
            .Build();
        _thread = new Thread(Run) { IsBackground = true, Name = $"kafka group {group.Name}" };
    }

    /// <summary>See <see cref="MembershipRules.TakeOverPatience"/>; tests have less.</summary>
    internal TimeSpan TakeOverPatience
    {
        init
        {
            _rules = _rules with { TakeOverPatience = value };
            _membership = new Membership(_logs, _rules);
        }
    }

    /// <summary>Why this process can be a member no longer; null while it can.</summary>
    public Exception? Failure => _failure;

    /// <summary>
    /// As which member of the group this process owns its partitions, in its newest generation:
    /// what brokers tell a zombie's transaction by. Null while it is not that member. It may be
    /// asked for by any thread, and is sound only where <see cref="PartitionOwnership.MayWrite"/>
    /// is asked after it.
    /// </summary>
    public IConsumerGroupMetadata? Metadata
    {
        get
        {
            // What a client gives out that was dropped belongs to nobody, which brokers take for a
            // writer that does not care for fencing.
            var (memberId, metadata) = (_memberId, _consumer.ConsumerGroupMetadata);
            return Membership.IsStill(memberId, _consumer.MemberId) ? metadata : null;
        }
    }

    /// <summary>Joins the group.</summary>
    /// <returns>The payments partitions that are owned, once the group has said so; none for a
    /// member in waiting.</returns>
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

        return _owned;
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
            while (!_leaves)
            {
                Poll(TimeSpan.FromMilliseconds(100));
                TellProgress();
                Tell(_isStopping ? new MembershipFact.Stopping() : new MembershipFact.Polled());
            }

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
            Tell(FactOf(e.Error));
        }
    }

    /// <summary>
    /// The group waits until this returns, so it returns when partitions are owned, or released.
    /// </summary>
    private void HandOver(MembershipFact fact)
    {
        var began = TimeProvider.System.GetTimestamp();
        _saidAgain = "";
        _taken.Clear();
        TellProgress();
        _isTakingOver = fact is MembershipFact.Assigned;
        Tell(fact);
        for (TellProgress(); !_membership.IsSettled; TellProgress())
        {
            Thread.Sleep(HandoverStep);
        }

        if (_taken.Count > 0)
        {
            _logger.Owns(NamesOf(_taken.Select(own => _logs.OwnedWith(own.LogIndex)).Distinct()), TimeProvider.System.GetElapsedTime(began).TotalSeconds);
            _logger.Decides(string.Join(", ", _taken.Select(own => $"{_logs[own.LogIndex]} from {own.From}")));
        }
    }

    private void TellProgress()
    {
        if (_isStopping)
        {
            Tell(new MembershipFact.Stopping());
        }

        Tell(new MembershipFact.Progressed(_ownership.Progress()));
        Tell(new MembershipFact.TimePassed(TimeProvider.System.GetElapsedTime(_began)));
    }

    /// <summary>
    /// Tells a fact, carries out what follows from it, and tells what that brings, until there is
    /// nothing more to do.
    /// </summary>
    private void Tell(MembershipFact fact)
    {
        var facts = new Queue<MembershipFact>([fact]);
        while (facts.TryDequeue(out var next))
        {
            foreach (var command in _membership.On(next))
            {
                if (CarryOut(command) is { } answer)
                {
                    if (_isStopping)
                    {
                        // Nothing is decided any more, and the group is to be left in good order.
                        facts.Enqueue(new MembershipFact.Stopping());
                    }

                    facts.Enqueue(answer);
                }
            }
        }
    }

    /// <returns>What it brings to light; null for nothing.</returns>
    private MembershipFact? CarryOut(MembershipCommand command)
    {
        switch (command)
        {
            case MembershipCommand.Read read:
                return Answer(read);
            case MembershipCommand.AskAgain again:
                SayAgain(again);
                break;
            case MembershipCommand.IgnoreClaims claims:
                _tail.Ignore(claims, _logs);
                break;
            case MembershipCommand.WriteAs(var memberId):
                _memberId = memberId;
                break;
            case MembershipCommand.Own own:
                _ownership.Own(own.LogIndex, own.From, own.Needs);
                _owns(own.LogIndex);
                _taken.Add(own);
                break;
            case MembershipCommand.TookOver:
                _health.Undecided("taking over", [], "");
                _owned = [.. _membership.Owned];
                (_isTakingOver, _isAssigned) = (false, true);
                break;
            case MembershipCommand.Disown(var logIndex):
                _ownership.Disown(logIndex);
                break;
            case MembershipCommand.Release(var logIndex):
                _ownership.Release(logIndex);
                break;
            case MembershipCommand.GaveUp(var partitions):
                _owned = [.. _membership.Owned];
                _logger.GivesUp(NamesOf(partitions));
                break;
            case MembershipCommand.Commit(var offsets):
                return Commit(offsets);
            case MembershipCommand.Fail(var why):
                _failure = FailureOf(why);
                break;
            case MembershipCommand.Leave:
                _leaves = true;
                break;
        }

        return null;
    }

    /// <summary>
    /// An error must not reach the client, which has no way to take back an assignment.
    /// </summary>
    private MembershipFact Answer(MembershipCommand.Read read)
    {
        try
        {
            return read is MembershipCommand.ReadCommitted ? new MembershipFact.CommittedRead(read.Takeover, CommittedOf(read.Logs)) : _tail.Answer(read, _logs, () => _isStopping);
        }
        catch (Exception e) when (e is KafkaFailedException or KafkaException)
        {
            return new MembershipFact.NotRead(read.Takeover, (e as KafkaException ?? e.InnerException as KafkaException) is { } known ? KindOf(known.Error) : CallError.Transient, e);
        }
    }

    private void SayAgain(MembershipCommand.AskAgain again)
    {
        var reason = _tail.ReasonOf(again, _logs);
        _health.Undecided("taking over", [.. again.Logs.Select(logIndex => _logs[logIndex])], $"it is asked again where its decisions end: {reason}");
        if (reason != _saidAgain)
        {
            _saidAgain = reason;
            _logger.AsksAgain(reason);
        }
    }

    /// <summary>
    /// How far the group is: a hint for operators and tools; and for labels, of which nothing else
    /// is written where they are good.
    /// </summary>
    private MembershipFact.ClientFailed? Commit(IReadOnlyList<LogOffset> offsets)
    {
        try
        {
            GroupCommits.Commit(_consumer.Handle, [.. offsets.Select(offset => new GroupCommit(_logs[offset.LogIndex].Topic, _logs[offset.LogIndex].Partition, offset.Next, offset.TopicId))]);
            return null;
        }
        catch (KafkaException e)
        {
            return FactOf(e.Error);
        }
    }

    private MembershipFact.ClientFailed FactOf(Error error) => new(error.IsFatal ? CallError.Fatal : KindOf(error), FailureOf(error));

    private static CallError KindOf(Error error) => error.Code switch
    {
        ErrorCode.UnknownTopicOrPart or ErrorCode.Local_UnknownTopic or ErrorCode.Local_UnknownPartition => CallError.Missing,
        ErrorCode.TopicAuthorizationFailed or ErrorCode.GroupAuthorizationFailed or ErrorCode.ClusterAuthorizationFailed
            or ErrorCode.SaslAuthenticationFailed or ErrorCode.Local_Authentication => CallError.Refused,
        _ => CallError.Transient,
    };

    private static List<int> NumbersOf(IEnumerable<TopicPartition> partitions) => [.. partitions.Select(partition => partition.Partition.Value)];

    private string NamesOf(IEnumerable<int> partitions) => string.Join(", ", partitions.Order().Select(partition => $"{_connection.Region}/{_topic}/{partition}"));

    private static (string, string)[] ProtocolSettings(GroupOptions group) =>
    [
        .. group.UsesConsumerProtocol
            // Session and heartbeat are the broker's to say, and so is who gets what.
            ? [("group.protocol", "consumer"), ("max.poll.interval.ms", $"{(int)RevocationPatience.TotalMilliseconds}")]
            : new[]
            {
                ("partition.assignment.strategy", "cooperative-sticky"),
                ("session.timeout.ms", $"{(int)group.Session.TotalMilliseconds}"),
                // A member hears of partitions that became free with its next heartbeat, so this is
                // part of every promotion.
                ("heartbeat.interval.ms", $"{(int)Math.Clamp(group.Session.TotalMilliseconds / 5, 100, 500)}"),
            },
        .. group.Instance.Length > 0 ? [("group.instance.id", group.Instance)] : Array.Empty<(string, string)>(),
    ];

    /// <exception cref="KafkaException">No answer, or none yet: a transaction is open that may
    /// change it. The brokers abort it when its time is over.</exception>
    private Dictionary<int, CommittedOffset> CommittedOf(IReadOnlyList<int> logs) =>
        GroupCommits.Read(_consumer.Handle, [.. logs.Select(logIndex => new TopicPartition(_logs[logIndex].Topic, _logs[logIndex].Partition))], CommittedStep).ToDictionary(
            commit => logs.First(logIndex => _logs[logIndex].Topic == commit.Topic && _logs[logIndex].Partition == commit.Partition),
            commit => new CommittedOffset(commit.Offset, commit.Metadata));

    private Exception FailureOf(MembershipFailure why) => why switch
    {
        MembershipFailure.BeyondEnd beyond => _tail.FailureOf(beyond, _logs),
        MembershipFailure.CallFailed(var error) => error,
        MembershipFailure.Undrained(var logs) => new KafkaFailedException(
            $"{string.Join(", ", logs.Where(logIndex => !_ownership.IsDrained(logIndex)).Select(logIndex => _logs[logIndex]))} came back to this process, and what it had taken of it before is not acknowledged after {_rules.TakeOverPatience.TotalSeconds:0} s; are the brokers of {_connection} slow, or away?"),
        _ => throw new ArgumentException($"{why} has no words", nameof(why)),
    };

    private KafkaFailedException FailureOf(Error error) => error.Code == ErrorCode.UnreleasedInstanceId
        ? new InstanceInUseException($"{_connection}: {error.Reason}")
        : new KafkaFailedException($"{_connection}: {error.Reason}");
}
