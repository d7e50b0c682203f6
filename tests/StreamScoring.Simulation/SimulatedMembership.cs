using StreamScoring.Decisions;
using StreamScoring.Emit;
using StreamScoring.Logs;
using StreamScoring.Takeover;

namespace StreamScoring.Simulation;

/// <summary>
/// One process's membership in the group: tells <see cref="Membership"/> what the simulated brokers
/// say, and carries out what it decides. What a takeover reads is read at one step and told at a
/// later one.
/// </summary>
/// <param name="logs">As the process found them.</param>
/// <param name="owns">Told each log that became owned.</param>
/// <param name="fail">Told why the process can be a member no longer.</param>
internal sealed class SimulatedMembership(
    SimulationContext context, string name, LogTable logs, SimulatedMember client, PartitionOwnership ownership, FirstDecisions firsts, Action<int> owns, Action<Exception> fail)
{
    private readonly SimulatedCluster _cluster = context.Cluster;
    private readonly Membership _membership = new(logs, new MembershipRules { CommitsOffsets = !context.IsTransactional });
    private readonly Queue<Func<MembershipFact>> _answers = new();
    private readonly long _beganAtMs = context.Clock.NowMs;
    private string _writesAs = "";

    public IReadOnlyCollection<int> Owned => _membership.Owned;

    /// <summary>Nothing is being taken over or given up.</summary>
    public bool IsSettled => _membership.IsSettled && _answers.Count == 0;

    /// <summary>All that the group gave it is owned.</summary>
    public bool HasAll => !_membership.IsTakingOver && client.Assigned.All(_membership.Owned.Contains);

    /// <summary>Something that was asked for is to be told.</summary>
    public bool HasAnswer => _answers.Count > 0;

    /// <summary>As which member transactions may be sent; null for none.</summary>
    public SimulatedMember.Name? Metadata => Membership.IsStill(_writesAs, client.MemberId) ? client.Metadata : null;

    /// <returns>False where it was dropped from the group.</returns>
    public bool Poll()
    {
        TellProgress();
        var news = client.Take();
        if (news.Lost is not null)
        {
            // No time to drain: what is on its way may still arrive, as that of a zombie.
            context.Trace($"process {name} was thought dead");
            Tell(new MembershipFact.Lost(news.Lost));
            return false;
        }

        foreach (var partition in news.Revoked)
        {
            Tell(new MembershipFact.Revoked([partition]));
        }

        foreach (var partition in news.Assigned)
        {
            Tell(new MembershipFact.Assigned([partition], client.MemberId));
        }

        TellProgress();
        Tell(new MembershipFact.Polled());
        return true;
    }

    public void Answer() => Tell(_answers.Dequeue()());

    private void TellProgress()
    {
        Tell(new MembershipFact.Progressed(ownership.Progress()));
        Tell(new MembershipFact.TimePassed(TimeSpan.FromMilliseconds(context.Clock.NowMs - _beganAtMs)));
    }

    private void Tell(MembershipFact fact)
    {
        var facts = new Queue<MembershipFact>([fact]);
        while (facts.TryDequeue(out var next))
        {
            foreach (var command in _membership.On(next))
            {
                if (command is not MembershipCommand.Read read)
                {
                    CarryOut(command);
                }
                else if (context.IsTransactional)
                {
                    // Each is read at a step of its own, as what is read may change meanwhile.
                    _answers.Enqueue(() => Read(read));
                }
                else if (Read(read) is var answer && read is MembershipCommand.ReadTail)
                {
                    _answers.Enqueue(() => answer);
                }
                else
                {
                    facts.Enqueue(answer);
                }
            }
        }
    }

    private void CarryOut(MembershipCommand command)
    {
        switch (command)
        {
            case MembershipCommand.WriteAs(var memberId):
                _writesAs = memberId;
                break;
            case MembershipCommand.Own(var logIndex, var from, var needs):
                ownership.Own(logIndex, from, needs);
                owns(logIndex);
                break;
            case MembershipCommand.TookOver(var partitions):
                context.Trace($"process {name} owns {string.Join(",", partitions)} from {string.Join(",", partitions.Select(partition => ownership.DecideFrom(PaymentsOf(partition))))}");
                break;
            case MembershipCommand.Disown(var logIndex):
                ownership.Disown(logIndex);
                break;
            case MembershipCommand.Release(var logIndex):
                ownership.Release(logIndex);
                break;
            case MembershipCommand.GaveUp(var partitions):
                partitions.ToList().ForEach(client.GiveUp);
                break;
            case MembershipCommand.Commit(var offsets):
                foreach (var (logIndex, next, topicId) in offsets)
                {
                    _cluster.Committed[logIndex] = new CommittedOffset(next, topicId);
                }

                break;
            case MembershipCommand.Fail(var why):
                fail(why is MembershipFailure.CallFailed(var error) ? error : new InvalidOperationException($"{why}"));
                break;
        }
    }

    private MembershipFact Read(MembershipCommand.Read read) => read switch
    {
        MembershipCommand.ReadCommitted when read.Logs.Any(_cluster.Transactions.IsPending) =>
            new MembershipFact.NotRead(read.Takeover, CallError.Transient, new IOException("a transaction may yet change what is committed")),
        MembershipCommand.ReadCommitted => new MembershipFact.CommittedRead(read.Takeover, read.Logs.ToDictionary(logIndex => logIndex, logIndex => _cluster.Committed[logIndex])),
        MembershipCommand.ReadDecisionsEnds => new MembershipFact.DecisionsEndsRead(read.Takeover, [.. read.Logs.Where(logIndex => _cluster.Decisions[logs[logIndex].Partition].HasOpen)]),
        MembershipCommand.ReadLogEnds => new MembershipFact.LogEndsRead(read.Takeover, read.Logs.ToDictionary(logIndex => logIndex, logIndex => (long)_cluster.Input(logs[logIndex]).Records.Count)),
        MembershipCommand.ReadTail tail => new MembershipFact.TailRead(read.Takeover, read.Logs.ToDictionary(logIndex => logIndex, logIndex => TailOf(logIndex, tail.LogEnds[logIndex]))),
        _ => throw new ArgumentException($"{read}", nameof(read)),
    };

    private DecidedPositions TailOf(int logIndex, long end)
    {
        context.TailsRead.Add((name, logs[logIndex].Partition, _cluster.Decisions[logs[logIndex].Partition].Records.Count));
        var tail = new DecidedPositions(logs[logIndex], logs.TopicIdOf(logIndex), end);
        foreach (var record in _cluster.Decisions[logs[logIndex].Partition].Records)
        {
            tail.Note(record.Value);
            if (record.CarriesVector)
            {
                tail.NoteVector(record.Vector);
            }
        }

        firsts.Learn(logIndex, Task.FromResult(tail.Learned));
        return tail;
    }

    private int PaymentsOf(int partition) =>
        Enumerable.Range(0, logs.Count).Single(logIndex => logs.OwnedWith(logIndex) == partition && logs.KindOf(logIndex) == LogKind.Payments);
}
