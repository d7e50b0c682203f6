using StreamScoring.Batches;
using StreamScoring.Decisions;
using StreamScoring.Features;
using StreamScoring.Ingest;
using StreamScoring.Logs;
using StreamScoring.State;
using StreamScoring.Telemetry;
using StreamScoring.TestSupport;

namespace StreamScoring.Simulation;

/// <summary>
/// One process: the real merge, engine, acknowledgement and snapshots. Each step waits for the
/// scheduler to be taken. Whatever the scheduler does not take any more is what a crash leaves
/// undone.
/// </summary>
internal sealed class SimulatedProcess : IDisposable
{
    /// <summary>What bounds memory while the brokers take nothing.</summary>
    public const int BatchesMax = 5;

    private const int BatchRowsMax = 8, InFlightMax = 3;

    private readonly SimulationContext _context;
    private readonly SimulatedCluster _cluster;

    /// <summary>As they were at the start: with the ids that their topics had.</summary>
    private readonly LogTable _logs;
    private readonly VirtualClock _clock;
    private readonly PartitionOwnership _ownership;
    private readonly FoldedState _state;
    private readonly FirstDecisions _firsts;
    private readonly Engine _engine;
    private readonly LogMerge _merge;
    private readonly SnapshotHistory _snapshots;
    private readonly List<(PaymentBatch Batch, int Step)> _batches = [];
    private readonly Queue<(PaymentBatch Batch, Task Written)> _inFlight = new();

    /// <summary>Changes of the policy that are to be made ready.</summary>
    private readonly Queue<Action> _preparing = new();
    private readonly SimulatedMember _client;
    private readonly SimulatedMembership _membership;
    private SimulatedSource? _source;
    private SimulatedCopy? _copy;
    private bool _isCaughtUp;

    public SimulatedProcess(SimulationContext context, int member, SnapshotHistory snapshots)
    {
        (_context, _cluster, _clock, _snapshots, Member) = (context, context.Cluster, context.Clock, snapshots, member);
        var logs = _logs = _cluster.Logs;
        snapshots.TopicIds = logs.TopicIds;
        _ownership = new PartitionOwnership(logs);
        (_state, var from) = snapshots.RestoreNewest(() => new FoldedState(
            context.Features, logs, context.Idempotency, clockBlockRecords: SimulationContext.ClockBlockRecords, slotSeed: 1));
        _firsts = new FirstDecisions(context.Idempotency.PaymentsMax);
        var model = new SimulatedModel(context.Features.Schema.Names);
        var stamp = new DecisionStamp(
            context.Features.Hash, null, model.Version, context.Features.Schema.Names, BudgetMs: 1000);
        var (policyAtStart, problem) = context.HasPolicyLog ? PolicyAtStart() : (null, null);
        var decisions = new DecisionParts(policyAtStart ?? new PolicyParts(model, [], stamp, ThresholdsOf(member)) { FoldedRates = SimulatedPolicy.FirstRates }, _firsts)
        {
            HashKey = "simulation"u8.ToArray(),
            PolicyLog = context.HasPolicyLog ? new PolicyLogParts(new SimulatedPolicy(context)) { Run = _preparing.Enqueue, Problem = problem, Logger = new TextLogger(notice => context.Trace($"process {Name}: {notice}")) } : null,
        };
        _engine = new Engine(new EngineParts(logs, context.Features, _state, decisions)
        {
            Clock = _clock,
            Coverage = new LogCoverage(logs, _clock, SimulationContext.ClockBlockRecords),
            Limits = new IngestLimits { RecordBytesMax = 4096 },
            BatchesMax = BatchesMax,
            BatchRowsMax = BatchRowsMax,
            BatchBytesInitial = 1024,
        });
        _merge = new LogMerge(_clock, TimeSpan.FromSeconds(5)) { Gate = _engine.PolicyChanges };
        _client = new SimulatedMember(_cluster.Group, member);
        _membership = new SimulatedMembership(context, Name, logs, _client, _ownership, _firsts, OnOwned, Fail);
        Sink = context.IsTransactional
            ? new SimulatedTransactionalSink(context, Name, logs, () => _membership.Metadata, _ownership.MayWrite)
            : new SimulatedSink(_cluster, _clock, Name);
        context.Trace($"process {Name} starts {(from is null ? "from the logs" : $"from the snapshot of {from.CreatedAt:HH:mm:ss}")}");
    }

    public int Member { get; }

    public string Name => _context.Link is null ? $"{Member}" : $"{_cluster.Region}-{Member}";

    public SimulationContext Context => _context;

    public ISimulatedSink Sink { get; }

    /// <summary>Silent until then: a long pause of the collector, a stopped machine.</summary>
    public long StalledUntilMs { get; set; }

    /// <summary>Set where the graph failed: the process starts over, as a new one.</summary>
    public Exception? Failure { get; private set; }

    public IReadOnlyCollection<int> Owned => _membership.Owned;

    public FoldedState State => _state;

    /// <summary>For messages: what it has to do.</summary>
    public string Pending =>
        $"{_batches.Count} batches, {_inFlight.Count} in flight, {(_membership.IsSettled ? "settled" : "handing over")}, {(_copy is null ? "no copy" : "copying")}, readers at {string.Join(",", _source?.Logs.Select(reader => reader.ToString()) ?? [])}";

    public int BatchesRented => _engine.Pool.Rented;

    /// <summary>
    /// Everything that is in the logs is folded, and all that was owed is acknowledged.
    /// </summary>
    public bool IsQuiet => IsIdle && _source is { } source && source.Logs.All(reader => reader.IsDone) && !Unfollowed(source).Any();

    /// <summary>The same of the logs of its own region, whatever another has.</summary>
    public bool IsQuietAtHome => IsIdle && _source is { } source && source.Logs.All(reader => reader.IsFollowed || reader.IsDone || reader.IsHeld);

    /// <summary>
    /// Partitions that wait for the logs of the policy: they were decided by a newer one than is
    /// known here.
    /// </summary>
    public IEnumerable<int> Held => _source?.Logs.Where(reader => reader.IsHeld).Select(reader => _logs[reader.LogIndex].Partition) ?? [];

    /// <summary>
    /// Members differ, as they do while thresholds change: a payment that comes again says who
    /// decided it first.
    /// </summary>
    private static RiskThresholds ThresholdsOf(int member) => (member % 4) switch
    {
        0 => new RiskThresholds { ChallengeFrom = 0, ReviewFrom = RiskThresholds.Never, BlockFrom = RiskThresholds.Never },
        1 => new RiskThresholds { ReviewFrom = 0, BlockFrom = RiskThresholds.Never },
        2 => new RiskThresholds { BlockFrom = 0 },
        _ => new RiskThresholds { ChallengeFrom = 20, ReviewFrom = 50, BlockFrom = 80 },
    };

    /// <summary>As a process does: what the log says, or what was last in force of it.</summary>
    private (PolicyParts? Policy, string? Problem) PolicyAtStart()
    {
        var maker = new SimulatedPolicy(_context);
        try
        {
            return (maker.Make(_state.Control), null);
        }
        catch (PolicyNotMadeException e)
        {
            return (maker.Make(_state.Applied), e.Message);
        }
    }

    private bool IsIdle => _batches.Count == 0 && _inFlight.Count == 0 && _membership.IsSettled && _copy is null && !Sink.HasQueued && !Sink.HasUnacknowledged;

    /// <summary>The steps that could be taken now.</summary>
    public IEnumerable<Action<Random>> Steps()
    {
        if (!_cluster.IsAway)
        {
            yield return _ => Poll();
        }

        if (_context.IsTransactional && !_cluster.IsAway)
        {
            yield return _ => _client.Heartbeat();
        }

        if (_membership.HasAnswer && !(_context.IsTransactional && _cluster.IsAway))
        {
            yield return _ => _membership.Answer();
        }

        if (_source is { } source)
        {
            if (_context.Link is null)
            {
                yield return random => source.Logs[random.Next(source.Logs.Count)].Fetch(1 + random.Next(12));
            }
            else
            {
                yield return random => FetchSome(source, random);
                yield return _ => Follow(source);
            }

            yield return _ => Take(source);
        }

        for (var i = 0; i < _batches.Count; i++)
        {
            // In order: a batch goes on where the one before it is further on.
            if (i == 0 || _batches[i - 1].Step > _batches[i].Step + 1)
            {
                var index = i;
                yield return _ => Advance(index);
            }
        }

        if (Sink.HasQueued && !_cluster.IsAway && Sink.StalledUntilMs <= _clock.NowMs)
        {
            yield return Sink.Deliver;
        }

        if (Sink.HasUnacknowledged)
        {
            yield return _ => Sink.Acknowledge();
        }

        if (_inFlight.TryPeek(out var head) && head.Written.IsCompleted)
        {
            yield return _ => TakeAcknowledged();
        }

        if (_preparing.Count > 0)
        {
            yield return _ => _preparing.Dequeue()();
        }

        if (_copy is not null)
        {
            yield return GoOnCopying;
        }
    }

    /// <summary>Asks for a snapshot, where none is being made.</summary>
    public void BeginSnapshot()
    {
        if (_copy is null)
        {
            _copy = new SimulatedCopy();
            _state.Request(_copy);
        }
    }

    public void Dispose()
    {
        _engine.Dispose();
        _source?.Dispose();
    }

    private void Poll()
    {
        if (_logs != _cluster.Logs)
        {
            Fail(new InvalidOperationException("a topic was made anew"));
            return;
        }

        if (!_context.IsTransactional)
        {
            _client.Heartbeat();
        }

        if (_membership.Poll() && _source is null && Failure is null && _membership.HasAll)
        {
            Open();
        }
    }

    private void OnOwned(int logIndex)
    {
        if (_source is not null && _source.Logs.All(reader => reader.LogIndex != logIndex))
        {
            Fail(new InvalidOperationException("owned and not followed"));
        }
    }

    private void Open()
    {
        var readers = new List<SimulatedReader>();
        for (var logIndex = 0; logIndex < _cluster.Logs.Count; logIndex++)
        {
            var log = _cluster.Logs[logIndex];
            if (_cluster.Logs.FollowedRegionOf(logIndex) is not null)
            {
                continue;
            }

            if (_context.FollowsRegion || _cluster.Logs.KindOf(logIndex) != LogKind.Payments || _membership.Owned.Contains(log.Partition))
            {
                _engine.Coverage.Reads(logIndex);
                readers.Add(NewReader(logIndex));
            }
        }

        _source = new SimulatedSource(readers, _ownership);
        Follow(_source);
    }

    private SimulatedReader NewReader(int logIndex)
    {
        var (folded, begin) = (_state.Vector[logIndex], _cluster.Input(_logs[logIndex]).Begin);
        var start = new LogStart(Math.Max(Math.Min(folded, _ownership.DecideFrom(logIndex)), begin), begin, folded);
        var losses = new RecordLosses(meters: null, new TextLogger(notice => _context.Trace($"process {Name}: {notice}")));
        return new SimulatedReader(_context, logIndex, start, new LogPlace(_logs, logIndex, _ownership, losses), _ownership, _engine.Coverage).Start();
    }

    /// <summary>A fetch brings records of several logs.</summary>
    private static void FetchSome(SimulatedSource source, Random random)
    {
        foreach (var reader in source.Logs)
        {
            reader.Fetch(random.Next(12));
        }
    }

    /// <summary>
    /// Begins to read what of the other region can be reached now and could not before, and asks
    /// for the ends.
    /// </summary>
    private void Follow(SimulatedSource source)
    {
        foreach (var logIndex in Unfollowed(source).Where(logIndex => _context.CanRead(_cluster.Logs[logIndex])).ToList())
        {
            source.Join(NewReader(logIndex));
        }

        foreach (var reader in source.Logs)
        {
            reader.AskEnd();
        }
    }

    private IEnumerable<int> Unfollowed(SimulatedSource source) => Enumerable.Range(0, _cluster.Logs.Count)
        .Where(logIndex => _cluster.Logs.FollowedRegionOf(logIndex) is not null && source.Logs.All(reader => reader.LogIndex != logIndex));

    private void Take(SimulatedSource source)
    {
        if (_inFlight.Count >= InFlightMax || (_batches.Count > 0 && _batches[^1].Step == 0) || _engine.Pool.TryRent() is not { } batch)
        {
            return;
        }

        batch.Clock.ReceivedAtMs = _clock.NowMs;
        var mayGoOn = OwnMayGoOn(source);
        var outcome = _merge.Fill(batch, source.Readers);
        if (mayGoOn)
        {
            RequireOwnWentOn(batch);
        }

        if (outcome == MergeOutcome.Filled)
        {
            _engine.Took(batch);
            _batches.Add((batch, 0));
        }
        else
        {
            _engine.Pool.Return(batch);
        }
    }

    /// <summary>
    /// Whether its region's own logs have a record at hand, and none of them holds up the others,
    /// and they were once read to their ends.
    /// </summary>
    private bool OwnMayGoOn(SimulatedSource source)
    {
        var all = source.Logs.Where(reader => !reader.IsFollowed).ToList();
        all.ForEach(reader => reader.StartBatch());
        var own = all.FindAll(reader => !_logs.IsPolicy(reader.LogIndex) && !reader.IsHeld);
        var mayGoOn = _isCaughtUp && own.Exists(reader => reader.TryPeek(out _)) && own.TrueForAll(reader => reader.TryPeek(out _) || reader.IsAtEnd);
        _isCaughtUp = _isCaughtUp || all.TrueForAll(reader => reader.IsAtEnd);
        return mayGoOn;
    }

    /// <summary>
    /// No decision waits for another region: a batch takes own records that are at hand, however
    /// many others there are.
    /// </summary>
    private void RequireOwnWentOn(PaymentBatch batch)
    {
        var followed = batch.LogIndex.AsSpan(0, batch.RowCount).ToArray().Count(logIndex => _cluster.Logs.FollowedRegionOf(logIndex) is not null);
        if (batch.RowCount > 0 && _logs.IsPolicy(batch.LogIndex[batch.RowCount - 1]))
        {
            // A change ends its batch, and the next one goes on.
            return;
        }

        if (followed == batch.RowCount || followed > BatchRowsMax / 2)
        {
            throw new PromiseBrokenException($"process {Name} takes {followed} records of another region and {batch.RowCount - followed} of its own, which are at hand");
        }
    }

    private void Advance(int index)
    {
        var (batch, step) = _batches[index];
        if (step == _engine.Steps.Count)
        {
            _batches.RemoveAt(index);
            _inFlight.Enqueue((batch, Sink.WriteAsync(batch)));
            return;
        }

        try
        {
            _engine.Steps[step].Run(batch);
        }
        catch (StageFailedException failed) when (failed.InnerException is StateAheadException ahead)
        {
            _snapshots.RequireAtOrBefore(_cluster.Logs[ahead.LogIndex], ahead.Offset);
            Fail(ahead);
            return;
        }

        _batches[index] = (batch, step + 1);
    }

    private void TakeAcknowledged()
    {
        var (batch, written) = _inFlight.Dequeue();
        if (written.IsFaulted)
        {
            Fail(written.Exception!.InnerException!);
            return;
        }

        _engine.Acknowledged(batch, _source!, _inFlight.Count);
    }

    private void GoOnCopying(Random random)
    {
        _state.Advance(random.Next(2000));
        if (_copy is { IsComplete: true } copy)
        {
            try
            {
                _snapshots.Write(copy.Head!, copy.Chunks, _state.Features.NewDigest(), _clock.GetUtcNow());
                _context.Trace($"process {Name} wrote a snapshot");
            }
            catch (IOException e)
            {
                _context.Trace($"process {Name} wrote no snapshot: {e.Message}");
            }

            _copy = null;
        }
    }

    private void Fail(Exception e)
    {
        _context.Trace($"process {Name} fails: {e.Message}");
        Failure = e;
    }
}
