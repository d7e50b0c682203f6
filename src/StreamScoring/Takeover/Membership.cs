using StreamScoring.Emit;
using StreamScoring.Logs;

namespace StreamScoring.Takeover;

/// <summary>
/// Which payments partitions a member of the consumer group owns, from which offset on, when it
/// gives one up, and what it commits. Facts go in, commands come out: it knows no clock, no thread
/// and no client, so Kafka and the simulation drive the same rules. By one thread.
/// </summary>
/// <remarks>
/// A takeover waits until what this process sent for the partition before is acknowledged: only
/// then the end of the decisions is the end. Then it reads, in this order: what the group
/// committed; where the decisions end; where the logs end, so that what is decided up to there is
/// on records that are in the logs; the last decisions. A revoked partition is disowned at once,
/// and released when it is drained or patience is over. A lost one is released at once.
/// </remarks>
public sealed class Membership(LogTable logs, MembershipRules rules)
{
    private readonly CommitLedger _ledger = new(logs);
    private readonly HashSet<int> _owned = [];
    private readonly List<PendingTakeover> _takeovers = [];
    private readonly List<(List<int> Partitions, TimeSpan Since)> _releases = [];
    private List<MembershipCommand> _commands = [];
    private TimeSpan _now;
    private TimeSpan _committedAt;
    private int _numbers;
    private bool _isStopping;
    private bool _hasFailed;

    /// <summary>Payments partitions that are owned, or were and are not released yet.</summary>
    public IReadOnlyCollection<int> Owned => _owned;

    public bool IsTakingOver => _takeovers.Count > 0;

    /// <summary>Nothing is being taken over or given up: the group waits for nothing.</summary>
    public bool IsSettled => _takeovers.Count == 0 && _releases.Count == 0;

    /// <summary>
    /// Whether transactions may be sent in the client's name. A client drops its id as soon as the
    /// group has dropped the member, before it says so; and one that joined again is another
    /// member, with partitions of the former one in hand.
    /// </summary>
    /// <param name="writesAs">Of the last <see cref="MembershipCommand.WriteAs"/>; empty
    /// before.</param>
    /// <param name="memberId">The id that the client has now.</param>
    public static bool IsStill(string writesAs, string memberId) => writesAs.Length > 0 && memberId == writesAs;

    /// <returns>To be carried out before the next fact is told.</returns>
    public IReadOnlyList<MembershipCommand> On(MembershipFact fact)
    {
        _commands = [];
        switch (fact)
        {
            case MembershipFact.Assigned assigned:
                OnAssigned(assigned);
                break;
            case MembershipFact.Revoked revoked:
                OnRevoked([.. revoked.Partitions]);
                break;
            case MembershipFact.Lost lost:
                Disown(lost.Partitions);
                Release(lost.Partitions);
                break;
            case MembershipFact.Progressed progressed:
                OnProgressed(progressed.Logs);
                break;
            case MembershipFact.TimePassed passed:
                _now = passed.Elapsed;
                OnTimePassed();
                break;
            case MembershipFact.Polled when _now - _committedAt >= rules.CommitInterval:
                Commit();
                _committedAt = _now;
                break;
            case MembershipFact.CommittedRead(var number, var committed) when Find(number) is { } takeover:
                takeover.Committed = committed;
                Say(new MembershipCommand.ReadDecisionsEnds(number, PaymentsOf(takeover)));
                break;
            case MembershipFact.DecisionsEndsRead(var number, var open) when Find(number) is { } takeover:
                OnDecisionsEnds(takeover, open);
                break;
            case MembershipFact.LogEndsRead(var number, var ends) when Find(number) is { } takeover:
                takeover.LogEnds = ends;
                Say(new MembershipCommand.ReadTail(number, PaymentsOf(takeover), ends));
                break;
            case MembershipFact.TailRead(var number, var decided) when Find(number) is { } takeover:
                OnTail(takeover, decided);
                break;
            case MembershipFact.NotRead(var number, var kind, var error) when Find(number) is { } takeover:
                OnNotRead(takeover, kind, error);
                break;
            case MembershipFact.ClientFailed(CallError.Fatal or CallError.Refused, var error):
                Fail(new MembershipFailure.CallFailed(error));
                break;
            case MembershipFact.Stopping when !_isStopping:
                OnStopping();
                break;
        }

        return _commands;
    }

    private void OnAssigned(MembershipFact.Assigned assigned)
    {
        if (_isStopping || _hasFailed)
        {
            // It is about to leave, and the group waits for it: what it asked now would only take
            // time.
            return;
        }

        if (_owned.Count == 0)
        {
            // Later it only holds on to it: another id with partitions of the former one in hand is
            // a member that was replaced meanwhile.
            Say(new MembershipCommand.WriteAs(assigned.MemberId));
        }

        // One that comes back before it was released is taken over again; one that is owned is
        // owned already.
        var partitions = assigned.Partitions.Where(partition => !_owned.Contains(partition) || _releases.Exists(release => release.Partitions.Contains(partition))).ToList();
        Forget(partitions);
        if (partitions.Count == 0)
        {
            Say(new MembershipCommand.TookOver([]));
        }
        else
        {
            _takeovers.Add(new PendingTakeover(++_numbers, partitions, _now));
        }
    }

    private void OnRevoked(List<int> partitions)
    {
        Disown(partitions);
        if (_isStopping)
        {
            // The graph is gone: it was drained before, or it failed and never will be.
            GiveUp(partitions);
        }
        else
        {
            _releases.Add((partitions, _now));
        }
    }

    private void OnProgressed(IReadOnlyList<LogProgress> progress)
    {
        _ledger.Acknowledged(progress);
        foreach (var release in _releases.Where(release => IsDrained(release.Partitions, progress)).ToList())
        {
            _releases.Remove(release);
            GiveUp(release.Partitions);
        }

        foreach (var takeover in _takeovers.Where(takeover => !takeover.IsDrained && IsDrained(takeover.Partitions, progress)))
        {
            takeover.IsDrained = true;
            Ask(takeover);
        }
    }

    private void OnTimePassed()
    {
        foreach (var release in _releases.Where(release => _now - release.Since >= rules.DrainPatience).ToList())
        {
            _releases.Remove(release);
            GiveUp(release.Partitions);
        }

        foreach (var takeover in _takeovers.Where(takeover => takeover.AsksAgainAt <= _now))
        {
            takeover.Number = ++_numbers;
            Ask(takeover);
        }

        if (_takeovers.Find(takeover => !takeover.IsDrained && _now - takeover.Since >= rules.TakeOverPatience) is { } undrained)
        {
            Fail(new MembershipFailure.Undrained(LogsOf(undrained.Partitions)));
        }
    }

    /// <summary>
    /// An offset may be committed before its decisions can be read, and the latest of them would
    /// not be learned.
    /// </summary>
    private void OnDecisionsEnds(PendingTakeover takeover, IReadOnlyList<int> open)
    {
        if (open.Count > 0)
        {
            AskLater(takeover, open, error: null);
        }
        else
        {
            Say(new MembershipCommand.ReadLogEnds(takeover.Number, LogsOf(takeover.Partitions)));
        }
    }

    private void OnTail(PendingTakeover takeover, IReadOnlyDictionary<int, DecidedPositions> decided)
    {
        var owned = LogsOf(takeover.Partitions);
        var starts = owned.ConvertAll(logIndex => DecidingStart.Of(
            logs, logIndex, takeover.LogEnds[logIndex], takeover.Committed.GetValueOrDefault(logIndex, CommittedOffset.None), decided.GetValueOrDefault(logIndex)));
        if (starts.Find(start => start.Refusal is not null).Refusal is { } refusal)
        {
            Fail(refusal);
            return;
        }

        foreach (var (logIndex, positions) in decided.Where(log => log.Value.Impossible > 0))
        {
            Say(new MembershipCommand.IgnoreClaims(logIndex, takeover.LogEnds[logIndex], positions.Impossible, positions.ImpossibleMax));
        }

        foreach (var (logIndex, start) in owned.Zip(starts))
        {
            _ledger.Begin(logIndex, start.From);
            Say(new MembershipCommand.Own(logIndex, start.From, NeedsOf(decided.GetValueOrDefault(logIndex))));
        }

        _takeovers.Remove(takeover);
        _owned.UnionWith(takeover.Partitions);
        Say(new MembershipCommand.TookOver(takeover.Partitions));
    }

    /// <summary>
    /// Partitions mostly change hands when a broker is away, and a failure here would only make
    /// them change hands again. So it is asked until it is told, but where that cannot help.
    /// </summary>
    private void OnNotRead(PendingTakeover takeover, CallError kind, Exception error)
    {
        if (kind is CallError.Refused or CallError.Missing)
        {
            Fail(new MembershipFailure.CallFailed(error));
        }
        else
        {
            AskLater(takeover, open: [], error);
        }
    }

    private void OnStopping()
    {
        _isStopping = true;
        _takeovers.Clear();
        var released = _releases.SelectMany(release => release.Partitions).ToList();
        _releases.Clear();
        if (released.Count > 0)
        {
            GiveUp(released);
        }

        Commit();
        Say(new MembershipCommand.Leave());
    }

    private void Ask(PendingTakeover takeover)
    {
        takeover.AsksAgainAt = null;
        Say(new MembershipCommand.ReadCommitted(takeover.Number, LogsOf(takeover.Partitions)));
    }

    private void AskLater(PendingTakeover takeover, IReadOnlyList<int> open, Exception? error)
    {
        takeover.AsksAgainAt = _now + rules.AskAgainPause;
        Say(new MembershipCommand.AskAgain(LogsOf(takeover.Partitions), open, error));
    }

    private void Disown(IReadOnlyCollection<int> partitions)
    {
        Forget(partitions);
        LogsOf(partitions).ForEach(logIndex => Say(new MembershipCommand.Disown(logIndex)));
    }

    private void GiveUp(IReadOnlyList<int> partitions)
    {
        // Before it is released: the next owner reads it.
        Commit();
        Release(partitions);
    }

    private void Release(IReadOnlyList<int> partitions)
    {
        LogsOf(partitions).ForEach(logIndex => Say(new MembershipCommand.Release(logIndex)));
        _owned.ExceptWith(partitions);
        Say(new MembershipCommand.GaveUp(partitions));
    }

    private void Commit()
    {
        if (rules.CommitsOffsets && _ledger.Take(LogsOf(_owned)) is { Count: > 0 } offsets)
        {
            Say(new MembershipCommand.Commit(offsets));
        }
    }

    private void Fail(MembershipFailure why)
    {
        _hasFailed = true;
        _takeovers.Clear();
        Say(new MembershipCommand.Fail(why));
    }

    /// <summary>
    /// Whatever was under way with these partitions ends, as something newer is known of them.
    /// </summary>
    private void Forget(IReadOnlyCollection<int> partitions)
    {
        _takeovers.ForEach(takeover => takeover.Partitions.RemoveAll(partitions.Contains));
        _takeovers.RemoveAll(takeover => takeover.Partitions.Count == 0);
        _releases.ForEach(release => release.Partitions.RemoveAll(partitions.Contains));
        _releases.RemoveAll(release => release.Partitions.Count == 0);
    }

    private PendingTakeover? Find(int number) => _takeovers.Find(takeover => takeover.Number == number);

    private bool IsDrained(List<int> partitions, IReadOnlyList<LogProgress> progress) => LogsOf(partitions).TrueForAll(logIndex => progress[logIndex].IsDrained);

    private List<int> LogsOf(IReadOnlyCollection<int> partitions) =>
        [.. Enumerable.Range(0, logs.Count).Where(logIndex => partitions.Contains(logs.OwnedWith(logIndex)))];

    private List<int> PaymentsOf(PendingTakeover takeover) => LogsOf(takeover.Partitions).FindAll(logIndex => logs.KindOf(logIndex) == LogKind.Payments);

    /// <summary>
    /// What the last decisions knew of the policy: within a partition it never goes back.
    /// </summary>
    private List<LogNeed> NeedsOf(DecidedPositions? decided) =>
        decided is null ? [] : [.. logs.PolicyLogs.Select(logIndex => new LogNeed(logIndex, decided.Vector.GetValueOrDefault(logs[logIndex]))).Where(need => need.Next > 0)];

    private void Say(MembershipCommand command) => _commands.Add(command);
}
