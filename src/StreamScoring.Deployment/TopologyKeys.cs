using StreamScoring.Contracts;

namespace StreamScoring.Deployment;

/// <summary>
/// Every key of a topology file. docs/topology.md has them in a table, which a test compares with
/// this list.
/// </summary>
public static class TopologyKeys
{
    /// <summary>Stands in the names below for a region's own.</summary>
    private const string AnyRegion = "NAME";

    /// <summary>
    /// The keys that a running process takes while it runs, and those of the same sections that it
    /// does not.
    /// </summary>
    private static readonly TopologyKey[] OfTheProcess =
    [
        new("region", topology => topology.Region),
        new("group", topology => topology.Group),
        new("delivery", topology => topology.Delivery),
        new("follow", topology => topology.FollowsRegion),
        new("followRegions", topology => topology.Follows.ToDictionary(follow => follow.Region, follow => $"{follow}")),
        new("policy", topology => topology.Control is null ? "files" : "log"),
        new("control.region", topology => topology.Control?.Region),
        new("control.follow", topology => topology.Control?.Follow),
        new("control.mirrorPrefix", topology => topology.Control?.MirrorPrefix),
        new("partitionBy", topology => topology.PartitionBy),
        new("features", topology => topology.BaseFeatureFile ?? topology.FeatureFile),
        new("models.features", topology => topology.BaseFeatureFile is null ? null : topology.FeatureFile),
        new("models.registry", topology => topology.RegistryFolder,
            (topology, from) => topology with { RegistryFolder = from.RegistryFolder }),
        new("models.champion", topology => topology.ModelFolder,
            (topology, from) => topology with { ModelFolder = from.ModelFolder }),
        new("models.previous", topology => topology.PreviousFolder,
            (topology, from) => topology with { PreviousFolder = from.PreviousFolder }),
        new("models.canary.model", topology => topology.Canary?.Folder,
            (topology, from) => topology with { Canary = from.Canary }),
        new("models.canary.percent", topology => topology.Canary?.Percent,
            (topology, from) => topology with { Canary = from.Canary }),
        new("models.canary.by", topology => topology.Canary is { } canary ? TextFields.NameOf(canary.By) : null,
            (topology, from) => topology with { Canary = from.Canary }),
        new("models.fallback", topology => topology.FallbackFolder,
            (topology, from) => topology with { FallbackFolder = from.FallbackFolder }),
        new("models.shadows", topology => string.Join(", ", topology.ShadowFolders),
            (topology, from) => topology with { ShadowFolders = from.ShadowFolders }),
        new("models.engines", topology => topology.ModelEngines.Count == 0 ? null : topology.ModelEngines.Select(engine => $"{engine.Key}: {engine.Value}")),
        new("models.shadowWaitMax", topology => topology.ShadowWaitMax,
            (topology, from) => topology with { ShadowWaitMax = from.ShadowWaitMax }),
        new("models.loadMax", topology => topology.ModelLoadMax),
        new("models.callMax", topology => topology.ModelCallMax),
        new("models.driftWindow", topology => topology.DriftWindow),
        new("rules", topology => topology.RuleFile,
            (topology, from) => topology with { RuleFile = from.RuleFile }),
        new("lists", topology => topology.ListFolder,
            (topology, from) => topology with { ListFolder = from.ListFolder }),
        new("rates", topology => topology.RatesFile,
            (topology, from) => topology with { RatesFile = from.RatesFile }),
        new("membership.protocol", topology => topology.Membership.UsesConsumerProtocol),
        new("membership.session", topology => topology.Membership.Session),
        new("membership.instance", topology => topology.Membership.Instance),
        new("idempotency.window", topology => topology.Idempotency.Window),
        new("idempotency.paymentsMax", topology => topology.Idempotency.PaymentsMax),
        // Of a secret only the fingerprint: whether it changed can be told, and nothing else.
        new("identity.secret", topology => topology.Identity.Fingerprint),
        new("identity.secretFile", topology => topology.Identity.Fingerprint),
        new("snapshots.interval", topology => topology.Snapshots.Interval),
        new("snapshots.keep", topology => topology.Snapshots.Keep),
        new("data", topology => topology.DataFolder),
        new("ingest.batchRowsMax", topology => topology.Ingest.BatchRowsMax,
            (topology, from) => topology with { Ingest = topology.Ingest with { BatchRowsMax = from.Ingest.BatchRowsMax } }),
        new("ingest.queueKilobytesMax", topology => topology.Ingest.QueueKilobytesMax),
        new("ingest.fetchWaitMax", topology => topology.Ingest.FetchWaitMax),
        new("ingest.mergeWaitMax", topology => topology.Ingest.MergeWaitMax,
            (topology, from) => topology with { Ingest = topology.Ingest with { MergeWaitMax = from.Ingest.MergeWaitMax } }),
        new("ingest.recordBytesMax", topology => topology.Limits.RecordBytesMax),
        new("ingest.textBytesMax", topology => topology.Limits.TextBytesMax),
        new("ingest.attributesMax", topology => topology.Limits.AttributesMax),
        new("ingest.eventTimeAheadMax", topology => topology.Limits.EventTimeAheadMax),
        new("ingest.eventTimeFloor", topology => DecisionJson.Iso(topology.Limits.EventTimeFloorMs)),
        new("ingest.cardNumberFieldsIgnored", topology => topology.Limits.CardNumberFieldsIgnored),
        new("score.lanes", topology => topology.ScoringLanes, (topology, from) => topology with { ScoringLanes = from.ScoringLanes }),
        new("score.engine", topology => topology.ScoringEngine),
        new("decide.budget", topology => topology.Budget,
            (topology, from) => topology with { Budget = from.Budget }),
        new("decide.ladder", topology => topology.Ladder is { } ladder ? (ladder ? "on" : "off") : "auto",
            (topology, from) => topology with { Ladder = from.Ladder }),
        new("decide.challengeFrom", topology => topology.Thresholds.ChallengeFrom,
            (topology, from) => topology with { Thresholds = topology.Thresholds with { ChallengeFrom = from.Thresholds.ChallengeFrom } }),
        new("decide.reviewFrom", topology => topology.Thresholds.ReviewFrom,
            (topology, from) => topology with { Thresholds = topology.Thresholds with { ReviewFrom = from.Thresholds.ReviewFrom } }),
        new("decide.blockFrom", topology => topology.Thresholds.BlockFrom,
            (topology, from) => topology with { Thresholds = topology.Thresholds with { BlockFrom = from.Thresholds.BlockFrom } }),
        new("decide.elevatedFrom", topology => topology.Thresholds.ElevatedFrom,
            (topology, from) => topology with { Thresholds = topology.Thresholds with { ElevatedFrom = from.Thresholds.ElevatedFrom } }),
        new("decide.highestFrom", topology => topology.Thresholds.HighestFrom,
            (topology, from) => topology with { Thresholds = topology.Thresholds with { HighestFrom = from.Thresholds.HighestFrom } }),
        new("decide.unscoredAction", topology => topology.Thresholds.UnscoredAction,
            (topology, from) => topology with { Thresholds = topology.Thresholds with { UnscoredAction = from.Thresholds.UnscoredAction } }),
        new("decide.reasonsFrom", topology => topology.Reasons.From,
            (topology, from) => topology with { Reasons = topology.Reasons with { From = from.Reasons.From } }),
        new("decide.reasonsMax", topology => topology.Reasons.Max,
            (topology, from) => topology with { Reasons = topology.Reasons with { Max = from.Reasons.Max } }),
        new("emit.batchesInFlightMax", topology => topology.Emit.BatchesInFlightMax,
            (topology, from) => topology with { Emit = topology.Emit with { BatchesInFlightMax = from.Emit.BatchesInFlightMax } }),
        new("emit.linger", topology => topology.Emit.Linger),
        new("emit.queueKilobytesMax", topology => topology.Emit.QueueKilobytesMax),
        new("emit.batchBytesMax", topology => topology.Emit.BatchBytesMax),
        new("emit.compression", topology => topology.Emit.Compression),
        new("emit.format", topology => topology.Emit.AsJson ? "json" : "messagepack"),
        new("emit.names", topology => topology.Emit.NamesInline ? "inline" : "schema"),
        new("emit.transactionTimeout", topology => topology.Emit.TransactionTimeout),
        new("state.megabytesMax", topology => topology.StateBytesMax >> 20),
        new("quality.days", topology => topology.Quality?.DaysMax ?? 0),
        new("quality.megabytesMax", topology => topology.Quality is { } quality ? quality.BytesMax >> 20 : null),
        new("quality.silence", topology => topology.Quality is { } quality ? quality.IsSilenceGenuine ? "genuine" : "unknown" : null),
        new("http.address", topology => topology.HttpAddress),
        new("http.port", topology => topology.HttpPort),
    ];

    /// <summary>Keys that a running process takes over.</summary>
    public static IReadOnlyList<TopologyKey> Live { get; } = [.. OfTheProcess.Where(key => key.IsLive)];

    /// <summary>
    /// What a name of the table stands for: those of a region with <c>NAME</c> in place of the
    /// region's.
    /// </summary>
    public static IReadOnlyList<string> Names { get; } = [.. OfTheProcess.Select(key => key.Name), .. OfRegion(AnyRegion).Select(key => key.Name)];

    /// <summary>All keys of a topology, each of its regions' own among them.</summary>
    public static IEnumerable<TopologyKey> Of(Topology topology) =>
        OfTheProcess.Concat(topology.Regions.SelectMany(region => OfRegion(region.Name)));

    /// <exception cref="KeyNotFoundException">It is no key of a process.</exception>
    public static TopologyKey Named(string name) =>
        Array.Find(OfTheProcess, key => key.Name == name) ?? throw new KeyNotFoundException($"{name} is no key of a topology");

    /// <summary>A topology that has another's live values and keeps all others.</summary>
    public static Topology TakeLive(Topology topology, Topology from) => Live.Where(key => key.IsLiveIn(topology)).Aggregate(topology, (taken, key) => key.Take!(taken, from));

    /// <summary>
    /// Whether the key is part of the policy: where that comes from logs, the file says what holds
    /// until something is published.
    /// </summary>
    public static bool IsOfPolicy(string name) =>
        name is "rules" or "lists" or "rates" or "models.registry" or "models.champion" or "models.previous" or "models.fallback" or "models.shadows"
        || name.StartsWith("decide.", StringComparison.Ordinal) || name.StartsWith("models.canary.", StringComparison.Ordinal);

    private static TopologyKey[] OfRegion(string name)
    {
        // A region that only one of two topologies has differs in each of its keys.
        object? Of(Topology topology, Func<RegionTopology, object> value) => topology.Regions.FirstOrDefault(region => region.Name == name) is { } region ? value(region) : null;

        return
        [
            new($"regions.{name}.brokers", topology => Of(topology, region => region.Brokers)),
            new($"regions.{name}.partitions", topology => Of(topology, region => region.Partitions)),
            new($"regions.{name}.labelPartitions", topology => Of(topology, region => region.LabelPartitions)),
            new($"regions.{name}.replication", topology => Of(topology, region => region.Replication)),
            new($"regions.{name}.topics.payments", topology => Of(topology, region => region.Payments)),
            new($"regions.{name}.topics.labels", topology => Of(topology, region => region.Labels)),
            new($"regions.{name}.topics.decisions", topology => Of(topology, region => region.Decisions)),
            new($"regions.{name}.topics.deadLetters", topology => Of(topology, region => region.DeadLetters)),
            new($"regions.{name}.topics.schemas", topology => Of(topology, region => region.Schemas)),
            new($"regions.{name}.topics.control", topology => Of(topology, region => region.Control)),
            new($"regions.{name}.topics.lists", topology => Of(topology, region => region.Lists)),
            new($"regions.{name}.topics.shadow", topology => Of(topology, region => region.Shadow)),
            new($"regions.{name}.topics.models", topology => Of(topology, region => region.Models)),
            new($"regions.{name}.security", topology => Of(topology, region => region.Security), IsSecret: true),
        ];
    }
}
