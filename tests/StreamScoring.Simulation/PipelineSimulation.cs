using StreamScoring.Configuration;
using StreamScoring.Features;
using StreamScoring.Logs;
using StreamScoring.State;

namespace StreamScoring.Simulation;

/// <summary>
/// A deployment under faults: several processes of one group, a few brokers' worth of logs, a disk
/// of snapshots; in some runs two such regions that follow each other. One seed draws the topology,
/// the payments, every fault, and whose step is next; so one seed is one run, again and again.
/// </summary>
internal sealed class PipelineSimulation
{
    private const int TicksMax = 400_000;

    private const string FeatureText =
        """
        version: 1
        lateness: 20s
        features:
          - {name: amount_major, expression: amount}
          - {name: card_count_10s, entity: card_id, aggregate: count, window: 10s}
          - {name: card_sum_60s, entity: card_id, aggregate: sum, of: amount, window: 60s}
          - {name: card_mean_30s, entity: card_id, aggregate: mean, of: amount, window: 30s, exclude_current: true}
          - {name: card_max_30s, entity: card_id, aggregate: max, of: amount, window: 30s}
          - {name: card_zscore_60s, entity: card_id, aggregate: zscore, of: amount, window: 60s}
          - {name: card_merchants_30s, entity: card_id, aggregate: distinct, of: merchant_id, window: 30s}
          - {name: card_online_60s, entity: card_id, aggregate: count, window: 60s, where: channel == "online"}
          - {name: merchant_count_20s, entity: merchant_id, aggregate: count, window: 20s}
          - {name: merchant_sum_60s, entity: merchant_id, aggregate: sum, of: amount, window: 60s, delay: 5s}
          - {name: merchant_risk_60s, entity: merchant_id, aggregate: risk, window: 60s, delay: 2s}
          - {name: merchant_cards_30s, entity: merchant_id, aggregate: distinct, of: card_id, window: 30s}
          - {name: merchant_base_60s, entity: merchant_id, aggregate: sum, of: amount_base, window: 60s}
          - {name: pair_count_60s, entity: [card_id, merchant_id], aggregate: count, window: 60s}
          - {name: card_genuine_60s, entity: card_id, aggregate: count, window: 60s, label: genuine}
          - {name: card_not_fraud_40s, entity: card_id, aggregate: mean, of: amount, window: 40s, label: not_fraud}
          - {name: merchant_fraud_run, entity: merchant_id, aggregate: fraud_run, window: 60s, delay: 2s}

        """;

    /// <summary>
    /// Derived from the payments of a card, which are in one log as long as there is one region: so
    /// whoever folds them has the same values. A copy in another region's log may come first.
    /// </summary>
    private const string DerivedText =
        """
          - {name: is_unusual, expression: amount > 1.2 * card_mean_30s}
          - {name: card_unusual_60s, entity: card_id, aggregate: count, window: 60s, where: is_unusual == 1}
          - {name: merchant_unusual_60s, entity: merchant_id, aggregate: sum, of: card_mean_30s, window: 60s, where: is_unusual == 1}
          - {name: merchant_unusual_risk, entity: merchant_id, aggregate: risk, window: 60s, delay: 2s, where: is_unusual == 1}
        """;

    /// <summary>
    /// An expression over an aggregate: where that is approximate, it has no bound of its own.
    /// </summary>
    public const string Unbounded = "is_unusual";

    private readonly Random _random;
    private readonly VirtualClock _clock = new();
    private readonly List<SimulatedRegion> _regions = [];
    private readonly SimulatedPublisher _publisher;
    private readonly RegionFaults? _regionFaults;
    private readonly Housekeeping? _housekeeping;
    private readonly PolicyAuthor? _author;
    private readonly List<(SimulatedRegion Region, ISimulatedSink Sink, long UntilMs)> _ghosts = [];
    private readonly int _faultsPerThousand;

    /// <param name="trace">Told what happens; null where nobody reads it.</param>
    public PipelineSimulation(int seed, Action<string>? trace = null)
    {
        _random = new Random(seed);
        // Every fourth run has one hot merchant and few hot cards, whose older events go into
        // tiles.
        var isHot = seed % 4 == 3;
        Tracing = trace;
        var partitions = 1 + _random.Next(4);
        // Every third run has two regions. They draw from a source of their own, and the first one
        // as if it were alone.
        var forRegions = seed % 3 == 2 ? new Random(~seed) : null;
        Features = FeatureFiles.Parse("simulation", (isHot ? "exact_events: 16\n" : "") + FeatureText + (forRegions is null ? DerivedText : ""));
        // In two of five runs the policy comes from logs, changed by an author who draws from a
        // source of their own.
        var hasPolicyLog = seed % 5 is 1 or 3;
        var window = TimeSpan.FromSeconds(30);
        var followsRegion = _random.Next(4) != 0;
        SimulatedMirror? mirror = null;
        var contexts = forRegions is null
            ? [new SimulationContext(new SimulatedCluster("eu", partitions, [], new SimulatedInputs(), _clock, hasPolicyLog), _clock, Features, new IdempotencyOptions(window, 1 << 16), followsRegion, null, Trace)]
            : TwoRegions(partitions, followsRegion, window, hasPolicyLog, forRegions, out mirror);
        // Every second run has publishers whose clocks are wrong.
        var hasWrongClocks = seed % 2 == 1;
        // Every seventh run writes in transactions.
        var isTransactional = seed % 7 == 6;
        contexts = [.. contexts.Select(context => context with { HasWrongClocks = hasWrongClocks, IsTransactional = isTransactional, HasPolicyLog = hasPolicyLog })];
        _author = hasPolicyLog ? new PolicyAuthor(contexts[0].Cluster, _clock, new Random(seed ^ 0x5EED), hasRates: forRegions is null && !hasWrongClocks, Trace) : null;
        _publisher = new SimulatedPublisher(
            [.. contexts.Select(context => context.Cluster)], _clock, new Random(_random.Next()), new WrongClocks(new Random(~seed * 31), hasWrongClocks), payments: 60 + _random.Next(160),
            merchants: isHot ? 1 : 4, cards: isHot ? 2 : 6, (long)window.TotalMilliseconds,
            // In every fifth run, from a source of their own.
            seed % 5 == 4 ? new Random(seed ^ int.MaxValue) : null);
        _faultsPerThousand = _random.Next(4) == 0 ? 0 : 1 + _random.Next(8);
        _regions.Add(new SimulatedRegion(contexts[0], 1 + _random.Next(3)));
        if (forRegions is not null)
        {
            _regions.Add(new SimulatedRegion(contexts[1], 1 + forRegions.Next(2)));
            _regionFaults = new RegionFaults(_regions, _publisher, mirror, forRegions, linksOnly: _faultsPerThousand == 0);
        }

        // Every tenth run, of one region: topics lose records, or are made anew. They draw from a
        // source of their own too. What is committed in a transaction bears no topic's id: of a
        // topic that was made anew on the way nothing is promised there.
        _housekeeping = seed % 10 == 9 && forRegions is null ? new Housekeeping(contexts[0].Cluster, new Random(~seed), renews: !isTransactional, Trace) : null;
        foreach (var region in _regions)
        {
            Trace($"region {region.Cluster.Region}: {region.Cluster.Partitions} partitions, {(region.Context.FollowsRegion ? "following" : "not following")} the region, {_faultsPerThousand} faults a thousand steps");
        }
    }

    private IEnumerable<SimulatedProcess> Processes => _regions.SelectMany(region => region.Processes);

    private FeatureFile Features { get; }

    private Action<string>? Tracing { get; }

    /// <summary>
    /// Publishes all, with faults; then lets everything come to rest, and asks the oracle.
    /// </summary>
    /// <exception cref="PromiseBrokenException">A promise does not hold.</exception>
    public void Run()
    {
        // A test runner's context would take continuations to other threads; here whoever completes
        // a task runs what waits for it.
        var context = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(null);
        try
        {
            RunToRest();
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(context);
            UnusedStates.GiveBack();
        }
    }

    private void RunToRest()
    {
        var ticks = 0;
        while (!_publisher.IsDone)
        {
            Tick(withFaults: true);
            Require(++ticks < TicksMax, "the run does not end while payments are published");
        }

        _regions.ForEach(region => region.Disk.BytesLeft = null);
        Trace($"all is published: no more faults");
        if (_regionFaults is not null)
        {
            RunWithoutTheOther(_regionFaults);
        }

        ComeToRest(() => _regions.TrueForAll(region => region.IsQuiet) && (_regionFaults?.IsQuiet ?? true), "the pipeline");
        foreach (var region in _regions)
        {
            new SimulationOracle(region.Context, isCalm: _faultsPerThousand == 0 && !region.HasStartedOver, hasLosses: _housekeeping is not null).Check(region.Processes);
        }

        if (_housekeeping is null && _regions.TrueForAll(region => region.Context.FollowsRegion))
        {
            SimulationOracle.RequireEqualStates([.. Processes]);
        }
    }

    /// <summary>
    /// A region decides all that is its own while another, or the link to it, is away for good.
    /// </summary>
    private void RunWithoutTheOther(RegionFaults faults)
    {
        var left = faults.LeaveBroken();
        ComeToRest(() => left.All(region => region.IsQuietAtHome), "a region that another one is lost to");
        foreach (var region in left)
        {
            new SimulationOracle(region.Context, isCalm: false).CheckAnswers(except: [.. region.Processes.SelectMany(process => process.Held)]);
        }

        faults.BringBack();
        faults.Heal();
    }

    private void ComeToRest(Func<bool> isAtRest, string what)
    {
        for (var ticks = 0; _ghosts.Count > 0 || !isAtRest(); ticks++)
        {
            Tick(withFaults: false);
            Require(ticks < TicksMax, $"{what} does not come to rest: {Describe()}");
        }
    }

    private List<SimulationContext> TwoRegions(int partitions, bool followsRegion, TimeSpan window, bool hasPolicyLog, Random random, out SimulatedMirror? mirror)
    {
        var (inputs, idempotency) = (new SimulatedInputs(), new IdempotencyOptions(window, 1 << 16));
        var (partitionsOfOther, isMirrored) = (1 + random.Next(2), random.Next(3) == 0);
        partitions = Math.Min(partitions, 2);
        var eu = new SimulatedCluster("eu", partitions, Followed("us", partitionsOfOther, isMirrored ? "eu" : null), inputs, _clock, hasPolicyLog);
        var us = new SimulatedCluster("us", partitionsOfOther, Followed("eu", partitions, null).Concat(hasPolicyLog ? PolicyOfEu : []), inputs, _clock);
        var (fromUs, fromEu) = (new SimulatedLink(us, _clock), new SimulatedLink(eu, _clock));
        mirror = isMirrored ? new SimulatedMirror(fromUs, eu, new Random(random.Next())) : null;
        return
        [
            new SimulationContext(eu, _clock, Features, idempotency, followsRegion, fromUs, Trace),
            new SimulationContext(us, _clock, Features, idempotency, followsRegion, fromEu, Trace),
        ];
    }

    private static IEnumerable<(LogId, LogKind, string)> PolicyOfEu => [(SimulatedPolicy.ControlLog, LogKind.Control, "eu"), (SimulatedPolicy.ListLog, LogKind.Lists, "eu")];

    /// <summary>Payments and labels of a region, as another one reads them.</summary>
    /// <param name="mirroredInto">The region in whose cluster its payments are read; null for its
    /// own.</param>
    private static IEnumerable<(LogId, LogKind, string)> Followed(string region, int partitions, string? mirroredInto)
    {
        for (var partition = 0; partition < partitions; partition++)
        {
            var payments = new LogId(region, "payments", partition);
            yield return (mirroredInto is null ? payments : SimulatedMirror.Of(mirroredInto, payments), LogKind.Payments, region);
            yield return (payments with { Topic = "labels" }, LogKind.Labels, region);
        }
    }

    private void Trace(FormattableString text) => Tracing?.Invoke($"{_clock.NowMs % 10_000_000,8} {FormattableString.Invariant(text)}");

    private void Tick(bool withFaults)
    {
        _clock.Advance(_random.Next(4));
        _regions.ForEach(region => region.StartDue());
        _regionFaults?.Step();
        if (withFaults && _random.Next(25) == 0)
        {
            _publisher.Publish();
        }

        if (withFaults && _random.Next(1000) < _faultsPerThousand)
        {
            Fault();
        }

        if (withFaults)
        {
            _regionFaults?.Draw();
            _housekeeping?.Draw();
            _author?.Draw();
        }

        if (_ghosts.Count > 0 && _random.Next(4) == 0)
        {
            GhostStep();
        }

        var awake = Processes.Where(process => process.StalledUntilMs <= _clock.NowMs).ToList();
        if (awake.Count == 0)
        {
            _clock.Advance(50);
            return;
        }

        var chosen = awake[_random.Next(awake.Count)];
        var steps = chosen.Steps().ToList();
        if (steps.Count == 0)
        {
            // Without brokers it does not even know what it owns.
            return;
        }

        steps[_random.Next(steps.Count)](_random);
        Require(chosen.BatchesRented <= SimulatedProcess.BatchesMax, $"process {chosen.Name} has {chosen.BatchesRented} batches on their way");
        if (chosen.Failure is not null)
        {
            // It starts over as a new member, a moment later.
            End(chosen, leaves: true, pauseMs: 200);
        }
        else if (withFaults && _random.Next(300) == 0)
        {
            chosen.BeginSnapshot();
        }
    }

    private void Fault()
    {
        var processes = Processes.ToList();
        if (processes.Count == 0)
        {
            return;
        }

        var victim = processes[_random.Next(processes.Count)];
        var disk = RegionOf(victim).Disk;
        switch (_random.Next(10))
        {
            case 0 or 1:
                Trace($"process {victim.Name} is killed");
                End(victim, leaves: false, pauseMs: _random.Next(15_000));
                break;
            case 2:
                // What a killed process had handed to its socket may still reach the brokers.
                Trace($"process {victim.Name} is killed, and some of what it sent arrives late");
                victim.Sink.Die();
                _ghosts.Add((RegionOf(victim), victim.Sink, _clock.NowMs + _random.Next(20_000)));
                End(victim, leaves: false, pauseMs: _random.Next(15_000));
                break;
            case 3:
                Trace($"process {victim.Name} leaves");
                End(victim, leaves: true, pauseMs: _random.Next(5000));
                break;
            case 4 or 5:
                victim.StalledUntilMs = _clock.NowMs + _random.Next((int)SimulatedGroup.SessionMs * 2);
                Trace($"process {victim.Name} stalls");
                break;
            case 6:
                Trace($"the brokers refuse what process {victim.Name} writes");
                victim.Sink.Refuse();
                break;
            case 7:
                Trace($"the brokers take nothing from process {victim.Name} for a while");
                victim.Sink.StalledUntilMs = _clock.NowMs + _random.Next(30_000);
                break;
            case 8:
                Trace($"{disk.Damage(_random)}");
                if (_random.Next(2) == 0)
                {
                    // So that it is needed before there is a newer one.
                    Trace($"process {victim.Name} is killed");
                    End(victim, leaves: false, pauseMs: 0);
                }

                break;
            default:
                disk.BytesLeft = disk.BytesLeft is null ? _random.Next(500) : null;
                Trace($"the disk {(disk.BytesLeft is null ? "has room again" : "is full")}");
                break;
        }
    }

    private void GhostStep()
    {
        var (region, sink, untilMs) = _ghosts[0];
        if (sink.HasQueued && !region.Cluster.IsAway && _clock.NowMs < untilMs)
        {
            sink.Deliver(_random);
        }
        else
        {
            _ghosts.RemoveAt(0);
        }
    }

    private SimulatedRegion RegionOf(SimulatedProcess process) => _regions.Single(region => region.Context == process.Context);

    private void End(SimulatedProcess process, bool leaves, int pauseMs) => RegionOf(process).End(process, leaves, pauseMs);

    private string Describe() => string.Join("; ", Processes.Select(process =>
        $"process {process.Name} owns {string.Join(",", process.Owned)}: {process.Pending}"));

    private static void Require(bool holds, string otherwise)
    {
        if (!holds)
        {
            throw new PromiseBrokenException(otherwise);
        }
    }
}
