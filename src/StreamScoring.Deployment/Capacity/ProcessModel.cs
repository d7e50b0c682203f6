using System.Runtime.CompilerServices;
using StreamScoring.Decisions;
using StreamScoring.Features;
using StreamScoring.State;

namespace StreamScoring.Deployment.Capacity;

/// <summary>The arithmetic of one process, docs/scale.md in code.</summary>
internal sealed class ProcessModel
{
    /// <summary>
    /// Of the memory, what may be planned for: the rest is the operating system's and its cache's.
    /// </summary>
    private const double MemoryShare = 0.9;

    private const double BatchBytes = 1 << 20, KilobyteBytes = 1024, ImageOfPaymentBytes = 40;

    private readonly Topology _topology;
    private readonly CapacityLoad _load;
    private readonly CapacityConstants _constants;
    private readonly CpuCosts _cpu;
    private readonly IReadOnlyList<EntityLayout> _layouts;

    public ProcessModel(Topology topology, FeatureFile file, CapacityLoad load, CapacityConstants constants)
    {
        (_topology, _load, _constants) = (topology, load, constants);
        _layouts = file.Layouts();
        Wire = WireSizes.Of(file, load, constants, topology.Emit.UsesSchemas);
        _cpu = CpuCosts.Of(file, _layouts, Wire, load.ScoreMicroseconds, constants);
        AllPerSecond = topology.Regions.Sum(region => load.RateOf(region.Name));
        Entities = [.. _layouts.Select(EntityOf)];
    }

    public WireSizes Wire { get; }

    /// <summary>Payments of all regions.</summary>
    public double AllPerSecond { get; }

    public IReadOnlyList<EntityCapacity> Entities { get; }

    /// <param name="processes">That share the region's payments.</param>
    /// <param name="takenOver">A followed region whose publishers have come here; null for
    /// none.</param>
    public ProcessCapacity At(FollowVariant variant, int processes, string? takenOver = null)
    {
        var own = _load.RateOf(_topology.Region) + (takenOver is null ? 0 : _load.RateOf(takenOver));
        var follows = variant.OtherRegions ? _topology.Follows.Where(follow => follow.Region != takenOver).ToList() : [];
        var followed = follows.Where(follow => follow.Payments != FollowMode.None).Sum(follow => _load.RateOf(follow.Region));
        var followedLabels = follows.Where(follow => follow.Labels != FollowMode.None).Sum(follow => _load.RateOf(follow.Region)) * _load.LabelsPerPayment;
        var decided = own / processes;
        var ownFolded = variant.WholeRegion ? own : decided;
        var (folded, labels) = (ownFolded + followed, (ownFolded * _load.LabelsPerPayment) + followedLabels);

        var footprints = _layouts.Zip(Entities, (layout, entity) => FootprintOf(layout, entity, folded / AllPerSecond)).ToList();
        var known = Math.Min(_topology.Idempotency.PaymentsMax, folded * _topology.Idempotency.Window.TotalSeconds);
        var snapshot = footprints.Sum(footprint => footprint.SnapshotBytes) + (known * ImageOfPaymentBytes);
        var interval = _topology.Snapshots.Interval.TotalSeconds;
        var snapshotPerSecond = interval > 0 ? snapshot / interval : 0;
        var keys = footprints.Sum(footprint => footprint.Keys);
        var (sweepNs, writeNs) = ((keys * _constants.SweepKeyNs) + (snapshot * _constants.SweepByteNs), (keys * _constants.SnapshotKeyNs) + (snapshot * _constants.SnapshotByteNs));
        var (sweepPerSecond, writePerSecond) = interval > 0 ? (sweepNs / interval, writeNs / interval) : (0, 0);
        var inBytes = (folded * (Wire.PaymentBytes + WireSizes.RecordHeadBytes)) + (labels * (Wire.LabelBytes + WireSizes.RecordHeadBytes));
        var outBytes = decided * (Wire.DecisionBytes + WireSizes.RecordHeadBytes + WireSizes.DecisionHeadersBytes);

        var cores = (((folded - decided) * _cpu.Followed) + (decided * _cpu.Decided) + (labels * _cpu.Label)
            + sweepPerSecond + writePerSecond) / 1e9;
        var writer = (((folded - decided) * _cpu.WriterFollowed) + (decided * _cpu.WriterDecided) + (labels * _cpu.WriterLabel)
            + sweepPerSecond) / 1e9;
        var restore = Math.Max(
            ((keys * _constants.RestoreKeyNs) + (snapshot * _constants.RestoreByteNs)) / 1e9, snapshot / _load.Machine.DiskBytesPerSecond);
        var process = new ProcessCapacity(
            folded,
            decided,
            (followed * (Wire.PaymentBytes + WireSizes.RecordHeadBytes)) + (followedLabels * (Wire.LabelBytes + WireSizes.RecordHeadBytes)),
            Entities.Zip(footprints).ToDictionary(pair => pair.First.Entity, pair => pair.Second.Keys),
            _cpu.Followed / 1000,
            _cpu.Decided / 1000,
            footprints.Sum(footprint => footprint.Bytes),
            // Until the keys have moved a table is there twice, the old one at half of the new
            // one's size.
            footprints.Select(footprint => footprint.TableBytes / 2).DefaultIfEmpty(0).Max(),
            IndexBytes(known),
            PathBytes(follows),
            _constants.ProcessBytes,
            snapshot,
            restore,
            inBytes,
            outBytes,
            []);
        var (machine, use) = (_load.Machine, _load.Utilization);
        return process with
        {
            Limits =
            [
                new CapacityLimit("cores", cores, machine.Cores * use, "cores"),
                new CapacityLimit("the thread that folds", writer, use, "cores"),
                new CapacityLimit("the thread that decodes", ((folded * _cpu.Decode) + (labels * _cpu.DecodeLabel)) / 1e9, use, "cores"),
                new CapacityLimit("scoring lanes", decided * _cpu.Score / 1e9, _topology.ScoringLanes * use, "cores"),
                new CapacityLimit("the thread that encodes", decided * _cpu.Encode / 1e9, use, "cores"),
                new CapacityLimit("memory", process.MemoryBytes, machine.MemoryBytes * MemoryShare, "bytes"),
                new CapacityLimit("keys of one table", footprints.Select(footprint => footprint.Keys).DefaultIfEmpty(0).Max(), EntityFootprint.KeysMax, "keys"),
                new CapacityLimit("network", Math.Max(inBytes, outBytes), machine.NetworkBytesPerSecond * use, "bytes/s"),
                new CapacityLimit("disk", snapshotPerSecond, machine.DiskBytesPerSecond * use, "bytes/s"),
                new CapacityLimit("copies that wait for the snapshot's writer", interval > 0 ? CopiesWaiting(footprints, folded, writeNs / snapshot) : 0, BackgroundCopy<int>.BytesMax, "bytes"),
            ],
        };
    }

    /// <summary>
    /// Payments that the idempotency window asks to be known, whatever the topology allows.
    /// </summary>
    public double KnownPayments(ProcessCapacity process) => process.FoldedPerSecond * _topology.Idempotency.Window.TotalSeconds;

    private EntityCapacity EntityOf(EntityLayout layout)
    {
        var inSight = layout.RetentionMs == long.MaxValue ? _load.History : TimeSpan.FromMilliseconds(layout.RetentionMs);
        var events = AllPerSecond * inSight.TotalSeconds;
        // Who forgets holds no key without an event; who does not may hold many.
        var keys = layout.IsForgettable ? Math.Min(_load.KeysOf(layout.Entity.KeyName), events) : _load.KeysOf(layout.Entity.KeyName);
        var kept = layout.Kept.Select(count => (double)count.Count).DefaultIfEmpty(1).Max();
        return new EntityCapacity(
            layout.Entity.Name, layout.Entity.KeyNames.Contains(_topology.PartitionBy), _load.Keys.ContainsKey(layout.Entity.KeyName), keys,
            inSight.TotalSeconds, layout.IsForgettable, Math.Max(Math.Max(1, kept), events / keys),
            layout.Stride * sizeof(long), layout.ExactEvents);
    }

    /// <param name="share">Of all payments, those that the process folds.</param>
    private EntityFootprint FootprintOf(EntityLayout layout, EntityCapacity entity, double share)
    {
        share = Math.Min(1, share);
        var events = new EventsPerKey(entity.EventsPerKey);
        // A key that the partitioning field is part of has all of its payments in one partition;
        // those of any other are spread over all of them.
        var isWhole = entity.IsPartitioned;
        return EntityFootprint.Of(
            layout,
            entity.Keys * (isWhole ? share : events.SeenBy(share)),
            isWhole ? events : events.ThinnedTo(share),
            _topology.Ingest.BatchRowsMax);
    }

    /// <summary>
    /// A key that is about to change is copied before, written or not. Where keys change at random,
    /// of a snapshot of S bytes S (1 − e^(−ft/k)) are copied after t seconds, f folds a second into
    /// k keys, and b t are written; the most that waits is S (1 − r + r ln r), r = b / (S f / k).
    /// </summary>
    private double CopiesWaiting(IReadOnlyList<EntityFootprint> footprints, double folded, double byteNs)
    {
        var written = Math.Min(_load.Machine.DiskBytesPerSecond, 1e9 / byteNs);
        var (snapshot, changing) = (footprints.Sum(footprint => footprint.SnapshotBytes), footprints.Sum(footprint => footprint.SnapshotBytes * folded / footprint.Keys));
        var ratio = written / changing;
        return ratio < 1 ? snapshot * (1 - ratio + (ratio * Math.Log(ratio))) : 0;
    }

    private double IndexBytes(double known)
    {
        // What was decided is never let go of before there is as much of it as may be known.
        var decided = PowerOfTwo(_topology.Idempotency.PaymentsMax);
        return (known * Unsafe.SizeOf<IdempotencyIndex.Entry>()) + (2 * PowerOfTwo(known) * sizeof(ulong)) + (decided * Unsafe.SizeOf<FirstDecisions.Held>());
    }

    private double PathBytes(List<FollowKnobs> follows)
    {
        var logs = _topology.Home.Partitions + _topology.Home.LabelPartitions;
        foreach (var follow in follows)
        {
            var region = _topology.Regions.First(known => known.Name == follow.Region);
            logs += (follow.Payments == FollowMode.None ? 0 : region.Partitions) + (follow.Labels == FollowMode.None ? 0 : region.LabelPartitions);
        }

        // docs/topology.md: batches on their way, one queue for each log, one to the producer.
        return (Engine.BatchesMax(new PipelineOptions { EmitBatchesInFlightMax = _topology.Emit.BatchesInFlightMax, ScoringLanes = _topology.ScoringLanes }) * BatchBytes)
            + ((((double)_topology.Ingest.QueueKilobytesMax * logs) + _topology.Emit.QueueKilobytesMax) * KilobyteBytes);
    }

    private static double PowerOfTwo(double atLeast) => Math.Pow(2, Math.Ceiling(Math.Log2(Math.Max(1, atLeast))));
}
