using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using StreamScoring.Batches;
using StreamScoring.Configuration;
using StreamScoring.Contracts;
using StreamScoring.Decisions;
using StreamScoring.Ingest;
using StreamScoring.Quality;
using StreamScoring.Scoring;
using StreamScoring.State;

namespace StreamScoring.Deployment;

/// <summary>
/// Reads a topology file. docs/topology.md lists every key with its unit, range and default.
/// </summary>
public static class TopologyFile
{
    private const int InstanceLengthMax = 200;

    /// <param name="path">The YAML file; paths in it are relative to its folder.</param>
    /// <param name="overrides"><c>key=value</c> with a dotted key, as given to
    /// <c>--set</c>.</param>
    /// <exception cref="InvalidInputFileException">A key is unknown or missing, or a value is out
    /// of its range.</exception>
    public static Topology Load(string path, IReadOnlyList<string> overrides)
    {
        try
        {
            return Parse(path, File.ReadAllText(path), overrides);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidInputFileException($"{path}: {e.Message}", e);
        }
    }

    /// <inheritdoc cref="Load"/>
    /// <param name="text">The file's YAML.</param>
    public static Topology Parse(string path, string text, IReadOnlyList<string> overrides)
    {
        var top = YamlFile.Parse(path, text, overrides);
        if (top.Integer("version", 1, 1, 1) != 1)
        {
            throw top.Error("version", "is not one that this release reads");
        }

        var folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        var regions = ReadRegions(top, folder);
        var region = top.Text("region", regions[0].Name);
        if (regions.All(known => known.Name != region))
        {
            throw top.Error("region", $"is {region}; the regions of this file are {string.Join(", ", regions.Select(known => known.Name))}");
        }

        var ingest = top.OptionalMap("ingest") ?? YamlMap.Empty(path, "ingest");
        var score = top.OptionalMap("score") ?? YamlMap.Empty(path, "score");
        var decide = top.OptionalMap("decide") ?? YamlMap.Empty(path, "decide");
        var emit = top.OptionalMap("emit") ?? YamlMap.Empty(path, "emit");
        var membership = top.OptionalMap("membership") ?? YamlMap.Empty(path, "membership");
        var idempotency = top.OptionalMap("idempotency") ?? YamlMap.Empty(path, "idempotency");
        var identity = top.OptionalMap("identity") ?? YamlMap.Empty(path, "identity");
        var snapshots = top.OptionalMap("snapshots") ?? YamlMap.Empty(path, "snapshots");
        var state = top.OptionalMap("state") ?? YamlMap.Empty(path, "state");
        var quality = top.OptionalMap("quality") ?? YamlMap.Empty(path, "quality");
        var http = top.OptionalMap("http") ?? YamlMap.Empty(path, "http");
        var models = top.OptionalMap("models") ?? throw top.Error("models", "is missing; name the champion: models: {champion: FOLDER}, or a registry: models: {registry: FOLDER}");
        var named = NamedModels.Read(models, folder);
        var topology = new Topology
        {
            File = path,
            Hash = HashOf(text, overrides),
            Text = text,
            Overrides = overrides,
            Control = ControlReader.Read(top, regions),
            Region = region,
            Regions = regions,
            Group = top.Text("group", "scoring"),
            Membership = new MembershipKnobs(
                membership.Choice("protocol", "classic", "classic", "consumer") == "consumer",
                membership.Duration("session", TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(10)),
                ReadInstance(membership)),
            Idempotency = new IdempotencyOptions(
                idempotency.Duration("window", IdempotencyOptions.Default.Window, TimeSpan.Zero, TimeSpan.FromDays(30)),
                idempotency.Integer("paymentsMax", IdempotencyOptions.Default.PaymentsMax, 1000, 1 << 28)),
            Identity = IdentityReader.Read(identity, folder),
            Snapshots = new SnapshotKnobs(
                snapshots.Duration("interval", TimeSpan.FromMinutes(5), TimeSpan.Zero, TimeSpan.FromDays(1)),
                snapshots.Integer("keep", 3, 1, 100)),
            StateBytesMax = (long)state.Integer("megabytesMax", (int)(Features.FeatureEngine.StateBytesMaxDefault >> 20), 64, 1_048_576) << 20,
            Follows = FollowReader.Read(top, region, regions),
            FollowsRegion = top.Choice("follow", "region", "region", "none") == "region",
            PartitionBy = ReadPartitionBy(top),
            FeatureFile = models.Has("features") ? ExistingPath(models, "features", folder) : ExistingPath(top, "features", folder),
            BaseFeatureFile = models.Has("features") ? ExistingPath(top, "features", folder) : null,
            ModelFolder = named.Champion,
            PreviousFolder = named.Previous,
            Canary = named.Canary,
            FallbackFolder = named.Fallback,
            ShadowFolders = named.Shadows,
            RegistryFolder = named.Registry,
            ModelEngines = ModelEngineReader.Read(models.OptionalMap("engines")),
            ShadowWaitMax = models.Duration("shadowWaitMax", TimeSpan.FromMilliseconds(20), TimeSpan.Zero, TimeSpan.FromSeconds(1)),
            ModelLoadMax = models.Duration("loadMax", TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(1), TimeSpan.FromHours(1)),
            ModelCallMax = models.Duration("callMax", TimeSpan.FromSeconds(10), TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(1)),
            DriftWindow = ReadDriftWindow(models),
            Quality = ReadQuality(quality),
            RuleFile = top.Has("rules") ? ExistingPath(top, "rules", folder) : null,
            RatesFile = top.Has("rates") ? ExistingPath(top, "rates", folder) : null,
            ListFolder = top.Has("lists") ? ExistingPath(top, "lists", folder) : null,
            DataFolder = Path.GetFullPath(top.Text("data", "./data")),
            Limits = ReadLimits(ingest),
            Ingest = new IngestKnobs(
                ingest.Integer("batchRowsMax", 256, 1, PaymentBatch.RowsCeiling),
                ingest.Integer("queueKilobytesMax", 4096, 64, 1_048_576),
                ingest.Duration("fetchWaitMax", TimeSpan.FromMilliseconds(500), TimeSpan.FromMilliseconds(1), TimeSpan.FromMinutes(1)),
                ingest.Duration("mergeWaitMax", TimeSpan.FromSeconds(5), TimeSpan.Zero, TimeSpan.FromHours(1))),
            ScoringLanes = score.Integer("lanes", 1, 1, PipelineOptions.ScoringLanesCeiling),
            ScoringEngine = Enum.Parse<ScoringEngine>(score.Choice("engine", "auto", "auto", "onnxruntime"), ignoreCase: true),
            Thresholds = ReadThresholds(decide),
            Reasons = new ReasonOptions(decide.Integer("reasonsFrom", RiskThresholds.Never, 0, RiskThresholds.Never), decide.Integer("reasonsMax", 3, 1, 10)),
            Budget = decide.Duration("budget", TimeSpan.FromMilliseconds(100), TimeSpan.FromMilliseconds(1), TimeSpan.FromMinutes(10)),
            Ladder = decide.Choice("ladder", "auto", "auto", "on", "off") switch
            {
                "on" => true,
                "off" => false,
                _ => null,
            },
            Emit = new EmitKnobs(
                emit.Integer("batchesInFlightMax", 32, 1, PipelineOptions.EmitBatchesInFlightCeiling),
                emit.Duration("linger", TimeSpan.FromMilliseconds(1), TimeSpan.Zero, TimeSpan.FromSeconds(1)),
                emit.Integer("queueKilobytesMax", 32_768, 1024, 1_048_576),
                emit.Integer("batchBytesMax", 1_000_000, 1024, 64 << 20),
                emit.Choice("compression", "lz4", "none", "gzip", "snappy", "lz4", "zstd"),
                emit.Choice("format", "messagepack", "messagepack", "json") == "json",
                emit.Choice("names", "schema", "schema", "inline") == "inline",
                // The brokers refuse more than 15 minutes where they are not told otherwise;
                // readers wait that long for a process that is gone.
                emit.Duration("transactionTimeout", TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(2))),
            Delivery = Enum.Parse<Delivery>(top.Choice("delivery", "idempotent", "idempotent", "transactional"), ignoreCase: true),
            HttpAddress = ReadAddress(http),
            HttpPort = http.Integer("port", 9464, 0, 65_535),
        };
        foreach (var map in new[] { membership, idempotency, identity, snapshots, state, ingest, score, decide, emit, quality, http, models, top })
        {
            map.RequireAllRead();
        }

        return topology;
    }

    /// <summary>What <see cref="Topology.Hash"/> is of a file of this text.</summary>
    internal static string HashOf(string text, IReadOnlyList<string> overrides) =>
        "sha256:" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text + '\n' + string.Join('\n', overrides))));

    private static List<RegionTopology> ReadRegions(YamlMap top, string folder)
    {
        var map = top.OptionalMap("regions") ?? throw top.Error("regions", "is missing; name at least one: regions: {eu: {brokers: HOST:PORT}}");
        var regions = new List<RegionTopology>();
        foreach (var name in map.Keys)
        {
            if (name.Contains('/', StringComparison.Ordinal))
            {
                throw map.Error(name, "must not hold a slash: positions are written region/topic/partition/offset");
            }

            var region = map.OptionalMap(name) ?? throw map.Error(name, "must hold keys and values");
            var topics = region.OptionalMap("topics") ?? YamlMap.Empty(top.File, "topics");
            var security = region.OptionalMap("security");
            var partitions = region.Integer("partitions", 4, 1, 1024);
            regions.Add(new RegionTopology(
                name,
                ReadBrokers(region),
                partitions,
                region.Integer("labelPartitions", partitions, 1, 1024),
                region.Integer("replication", 0, 0, 16),
                topics.Text("payments", "payments"),
                topics.Text("labels", "labels"),
                topics.Text("decisions", "decisions"),
                topics.Text("deadLetters", "dead-letters"),
                topics.Text("schemas", "schemas"),
                topics.Text("control", "control"),
                topics.Text("lists", "lists"),
                topics.Text("shadow", "shadow"),
                topics.Text("models", "models"),
                security is null ? new Dictionary<string, string>() : SecurityReader.Read(security, folder)));
            topics.RequireAllRead();
            region.RequireAllRead();
            var last = regions[^1];
            if (new[] { last.Payments, last.Labels, last.Decisions, last.DeadLetters, last.Schemas, last.Control, last.Lists, last.Shadow, last.Models }.Distinct(StringComparer.Ordinal).Count() < 9)
            {
                throw region.Error("topics", "names one topic twice; payments, labels, decisions, deadLetters, schemas, control, lists and shadow must differ");
            }
        }

        return regions.Count > 0 ? regions : throw top.Error("regions", "names no region");
    }

    private static string ReadBrokers(YamlMap region)
    {
        var text = region.Text("brokers");
        return Array.TrueForAll(text.Split(','), broker => broker.Trim() is var address && address.LastIndexOf(':') is > 0 and var colon
            && !address.Any(char.IsWhiteSpace) && ushort.TryParse(address.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port > 0)
                ? text
                : throw region.Error("brokers", $"is {text}; expected HOST:PORT, several with commas between them");
    }

    private static string ReadPartitionBy(YamlMap top)
    {
        var name = top.Text("partitionBy", "customer_id");
        return TextFields.EntityIds.Any(field => TextFields.NameOf(field) == name)
            ? name
            : throw top.Error("partitionBy", $"is {name}; allowed: {string.Join(", ", TextFields.EntityIds.Select(TextFields.NameOf))}");
    }

    /// <summary>
    /// Part of a snapshot's file name and of a transactional id, and to the brokers a
    /// <c>group.instance.id</c>, which may have these characters.
    /// </summary>
    private static string ReadInstance(YamlMap membership)
    {
        var instance = membership.OptionalText("instance") ?? "";
        return instance.Length <= InstanceLengthMax && instance.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-')
            ? instance
            : throw membership.Error("instance", $"is {instance}; allowed are letters, digits, '.', '_' and '-', {InstanceLengthMax} at most");
    }

    private static IPAddress ReadAddress(YamlMap http)
    {
        var text = http.Text("address", "127.0.0.1");
        return IPAddress.TryParse(text, out var address) ? address
            : throw http.Error("address", $"is {text}; expected the IP address of an interface: 127.0.0.1 for this machine alone, 0.0.0.0 for all interfaces");
    }

    private static long ReadFloor(YamlMap ingest, long otherwise)
    {
        const string key = "eventTimeFloor";
        return ingest.OptionalText(key) is not { } text ? otherwise
            : IsoTime.TryParse(text, out var floorMs) && floorMs is >= 0 and <= IngestLimits.EventTimeMsMax ? floorMs
            : throw ingest.Error(key, $"is {text}; allowed: a date or time of ISO 8601 between 1970 and 9999, such as 2000-01-01");
    }

    /// <summary>
    /// Limits without a topology, for verbs that read tables: <c>ingest.…=value</c>, as given to
    /// <c>--set</c>. A table's columns file says what its times mean, so 1970 is their floor unless
    /// another is given.
    /// </summary>
    /// <exception cref="InvalidInputFileException">A key is none of the limits, or a value is out
    /// of its range.</exception>
    public static IngestLimits ParseLimits(IReadOnlyList<string> overrides)
    {
        var top = YamlFile.Parse("--set", "{}", overrides);
        var ingest = top.OptionalMap("ingest") ?? YamlMap.Empty("--set", "ingest");
        var limits = ReadLimits(ingest, floorOtherwise: 0);
        ingest.RequireAllRead();
        top.RequireAllRead();
        return limits;
    }

    private static IngestLimits ReadLimits(YamlMap ingest, long floorOtherwise = IngestLimits.EventTimeFloorMsDefault)
    {
        var limits = new IngestLimits
        {
            RecordBytesMax = ingest.Integer("recordBytesMax", 65_536, 1024, 1_048_576),
            TextBytesMax = ingest.Integer("textBytesMax", 512, 16, 8192),
            AttributesMax = ingest.Integer("attributesMax", 64, 0, 1024),
            EventTimeAheadMax = ingest.Duration("eventTimeAheadMax", TimeSpan.FromDays(366), TimeSpan.Zero, TimeSpan.FromDays(36_500)),
            EventTimeFloorMs = ReadFloor(ingest, floorOtherwise),
            // One value of --set may name several.
            CardNumberFieldsIgnored = ingest.Texts("cardNumberFieldsIgnored")
                .SelectMany(names => names.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)).ToHashSet(StringComparer.Ordinal),
        };
        foreach (var name in limits.CardNumberFieldsIgnored)
        {
            if (!CardNumberFields.IsName(name))
            {
                throw ingest.Error("cardNumberFieldsIgnored", $"names {name}; allowed: {string.Join(", ", CardNumberFields.Names)}, attributes.NAME");
            }
        }

        return limits;
    }

    /// <returns>0 for none.</returns>
    private static TimeSpan ReadDriftWindow(YamlMap models)
    {
        const string key = "driftWindow";
        var min = TimeSpan.FromMinutes(1);
        var window = models.Duration(key, TimeSpan.FromDays(1), TimeSpan.Zero, TimeSpan.FromDays(31));
        return window == TimeSpan.Zero || window >= min ? window : throw models.Error(key, $"is {models.Text(key)}; allowed: 1m to 31d, and 0s to watch no model for drift");
    }

    /// <returns>Null: nothing is held.</returns>
    private static QualityOptions? ReadQuality(YamlMap quality)
    {
        var standard = new QualityOptions();
        var options = standard with
        {
            DaysMax = quality.Integer("days", standard.DaysMax, 0, 400),
            BytesMax = (long)quality.Integer("megabytesMax", (int)(standard.BytesMax >> 20), 1, 65_536) << 20,
            IsSilenceGenuine = quality.Choice("silence", "genuine", "genuine", "unknown") == "genuine",
        };
        return options.DaysMax == 0 ? null : options;
    }

    private static RiskThresholds ReadThresholds(YamlMap decide)
    {
        var standard = new RiskThresholds();
        var thresholds = new RiskThresholds
        {
            ChallengeFrom = decide.Integer("challengeFrom", standard.ChallengeFrom, 0, RiskThresholds.Never),
            ReviewFrom = decide.Integer("reviewFrom", standard.ReviewFrom, 0, RiskThresholds.Never),
            BlockFrom = decide.Integer("blockFrom", standard.BlockFrom, 0, RiskThresholds.Never),
            ElevatedFrom = decide.Integer("elevatedFrom", standard.ElevatedFrom, 0, RiskThresholds.Never),
            HighestFrom = decide.Integer("highestFrom", standard.HighestFrom, 0, RiskThresholds.Never),
            UnscoredAction = Enum.Parse<DecisionAction>(decide.Choice("unscoredAction", "review", "allow", "challenge", "review", "block"), ignoreCase: true),
        };
        return thresholds.HighestFrom >= thresholds.ElevatedFrom ? thresholds
            : throw decide.Error("highestFrom", $"is {thresholds.HighestFrom}, below elevatedFrom {thresholds.ElevatedFrom}");
    }

    internal static string ExistingPath(YamlMap map, string key, string folder) => ExistingPath(map, key, map.Text(key), folder);

    internal static string ExistingPath(YamlMap map, string key, string named, string folder)
    {
        var path = Path.GetFullPath(Path.Combine(folder, named));
        return Path.Exists(path) ? path : throw map.Error(key, $"names {named}, and there is no {path}");
    }
}
