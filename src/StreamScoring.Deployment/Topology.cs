using System.Net;
using StreamScoring.Decisions;
using StreamScoring.Identity;
using StreamScoring.Ingest;
using StreamScoring.Quality;
using StreamScoring.Scoring;
using StreamScoring.State;

namespace StreamScoring.Deployment;

/// <summary>
/// One deployment, as its topology file describes it. Paths are absolute; every value is checked.
/// </summary>
public sealed record Topology
{
    /// <summary>The file it was read from.</summary>
    public required string File { get; init; }

    /// <summary>
    /// <c>sha256:</c> and the hash of the file's text with its overrides, as it was read: what
    /// decisions name as their configuration. Live keys that changed since do not change it:
    /// docs/topology.md, While running.
    /// </summary>
    public required string Hash { get; init; }

    /// <summary>The file's text, as it was read.</summary>
    public required string Text { get; init; }

    /// <summary><c>KEY=VALUE</c> each: what was given beside the file.</summary>
    public required IReadOnlyList<string> Overrides { get; init; }

    /// <summary>Where the policy's changes come from; null: it is that of files.</summary>
    public required ControlKnobs? Control { get; init; }

    /// <summary>
    /// The region that this process serves: it owns partitions of that region's payments.
    /// </summary>
    public required string Region { get; init; }

    public required IReadOnlyList<RegionTopology> Regions { get; init; }

    /// <summary>The consumer group whose members share out the region's payments.</summary>
    public required string Group { get; init; }

    public required MembershipKnobs Membership { get; init; }

    public required IdempotencyOptions Idempotency { get; init; }

    /// <summary>
    /// Hashes ids by the deployment's secret: the same for all its processes and regions.
    /// </summary>
    public required IdentityHash Identity { get; init; }

    /// <summary>The ceiling of the keyed state; the idempotency index is beside it.</summary>
    public required long StateBytesMax { get; init; }

    public required SnapshotKnobs Snapshots { get; init; }

    /// <summary>
    /// True where every process folds the whole region's payments, so that features see all of
    /// them.
    /// </summary>
    public required bool FollowsRegion { get; init; }

    /// <summary>
    /// What is folded here of other regions; none of the region that this process serves.
    /// </summary>
    public required IReadOnlyList<FollowKnobs> Follows { get; init; }

    /// <summary>The payment field that keys the payments topic.</summary>
    public required string PartitionBy { get; init; }

    /// <summary>What is folded: the larger one where models name one.</summary>
    public required string FeatureFile { get; init; }

    /// <summary>
    /// All of its features are in <see cref="FeatureFile"/> too; null where that is it.
    /// </summary>
    public string? BaseFeatureFile { get; init; }

    /// <summary>The champion's model folder.</summary>
    public required string ModelFolder { get; init; }

    /// <summary>The registry whose roles say which models these are; null: the topology names
    /// them.</summary>
    public string? RegistryFolder { get; init; }

    /// <summary>The champion's before, which stands in for it; null for none.</summary>
    public string? PreviousFolder { get; init; }

    /// <summary>Null where there is none.</summary>
    public CanaryKnobs? Canary { get; init; }

    /// <summary>The small model of the deadline ladder; null for none.</summary>
    public string? FallbackFolder { get; init; }

    /// <summary>The model folders of those that score beside the champion.</summary>
    public required IReadOnlyList<string> ShadowFolders { get; init; }

    /// <summary>By a model's name, how ONNX Runtime computes it, where somebody said so.</summary>
    public IReadOnlyDictionary<string, ModelEngine> ModelEngines { get; init; } = new Dictionary<string, ModelEngine>();

    /// <summary>How long a scored batch waits for the shadow models' answers.</summary>
    public required TimeSpan ShadowWaitMax { get; init; }

    /// <summary>How long loading a model may take, with all that is tried.</summary>
    public required TimeSpan ModelLoadMax { get; init; }

    /// <summary>
    /// How long one call of a model may take; one of a single row an eighth of it.
    /// </summary>
    public required TimeSpan ModelCallMax { get; init; }

    /// <summary>
    /// Over how long what models get is compared with what they were trained on; 0: not at all.
    /// </summary>
    public required TimeSpan DriftWindow { get; init; }

    /// <summary>What of the quality of decisions is held; null: nothing.</summary>
    public required QualityOptions? Quality { get; init; }

    /// <summary>Null where the topology names none.</summary>
    public required string? RuleFile { get; init; }

    /// <summary>Folder of the lists that rules look at; null where there are none.</summary>
    public required string? ListFolder { get; init; }

    /// <summary>What currencies are worth; null where the topology does not say.</summary>
    public required string? RatesFile { get; init; }

    /// <summary>Where snapshots and the model registry live.</summary>
    public required string DataFolder { get; init; }

    public required IngestLimits Limits { get; init; }

    public required IngestKnobs Ingest { get; init; }

    /// <summary>Batches that are scored at the same time.</summary>
    public required int ScoringLanes { get; init; }

    /// <summary>What may evaluate the champion.</summary>
    public required ScoringEngine ScoringEngine { get; init; }

    public required RiskThresholds Thresholds { get; init; }

    /// <summary>Which decisions name reasons.</summary>
    public required ReasonOptions Reasons { get; init; }

    /// <summary>
    /// From the payment record's timestamp; a decision later than this is flagged late.
    /// </summary>
    public required TimeSpan Budget { get; init; }

    /// <summary>
    /// Whether payments get less of a model where their budget asks for it; null: where there is a
    /// fallback.
    /// </summary>
    public bool? Ladder { get; init; }

    public required EmitKnobs Emit { get; init; }

    public required Delivery Delivery { get; init; }

    /// <summary>The interface that metrics, health and state are told on.</summary>
    public required IPAddress HttpAddress { get; init; }

    /// <summary>0: any free port.</summary>
    public required int HttpPort { get; init; }

    /// <summary>Models that may decide, in the order of their roles.</summary>
    public IReadOnlyList<(ModelRole Role, string Folder)> ServedFolders =>
    [
        .. Of(ModelRole.Canary, Canary?.Folder), (ModelRole.Champion, ModelFolder), .. Of(ModelRole.Previous, PreviousFolder), .. Of(ModelRole.Fallback, FallbackFolder),
    ];

    private static IEnumerable<(ModelRole, string)> Of(ModelRole role, string? folder) => folder is null ? [] : [(role, folder)];

    /// <summary>The region that this process serves.</summary>
    public RegionTopology Home => Regions.First(region => region.Name == Region);
}
