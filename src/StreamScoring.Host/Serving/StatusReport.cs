using System.Text.Json;
using System.Text.Json.Serialization;
using StreamScoring.Deployment;
using StreamScoring.Drift;
using StreamScoring.Logs;
using StreamScoring.Scoring;

namespace StreamScoring.Host.Serving;

/// <summary>
/// What <c>/status</c> answers: where the process stands, and why. The names are a contract;
/// docs/operations.md has them.
/// </summary>
/// <param name="Steps">How it came there, oldest first.</param>
/// <param name="Policy">What decides; null where no graph runs.</param>
/// <param name="Logs">Those that are read, and those that cannot be decided.</param>
/// <param name="StalenessSeconds">By followed region; null where it was never seen whole.</param>
/// <param name="Drift">How far payments are from those that the models were trained on; null where
/// nobody looks.</param>
internal sealed record StatusReport(
    LifeState State, DateTimeOffset Since, string Why, IReadOnlyList<LifeStep> Steps, string Region, string Group, StatusReport.PolicyStatus? Policy,
    IReadOnlyList<StatusReport.LogStatus> Logs, IReadOnlyDictionary<string, double?> StalenessSeconds, StatusReport.TopologyStatus Topology, StatusReport.DriftStatus? Drift)
{
    public static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) },
    };

    /// <param name="Id">As decisions name it.</param>
    /// <param name="Rules">Hash of the rules; null for none.</param>
    /// <param name="Published">What the control log put in force; null where the policy is that of
    /// files.</param>
    /// <param name="Lists">By name: entries of the lists of the log.</param>
    /// <param name="Problem">Why it is not what the control log says; null where it is.</param>
    internal sealed record PolicyStatus(
        string Id, string Champion, string ChampionVersion, IReadOnlyList<ModelStatus> Models, IReadOnlyList<string> Shadows, string? Rules, IReadOnlyList<PublishedPart>? Published, IReadOnlyDictionary<string, int>? Lists,
        string? Problem);

    /// <summary>A model that may decide.</summary>
    /// <param name="Share">Of a canary; null for another role.</param>
    internal sealed record ModelStatus(string Role, string Name, string Version, string? Share);

    /// <summary>A part of the policy that was published.</summary>
    internal sealed record PublishedPart(string Kind, string Hash, string By, string Why, DateTimeOffset At);

    /// <param name="IsOwned">Whether this process decides it, or folds it for those that it
    /// decides.</param>
    /// <param name="Position">Offset of the record that is taken next; null for one that is not
    /// read.</param>
    /// <param name="End">Offset behind its newest record; null where the brokers do not
    /// say.</param>
    /// <param name="Lag">Records in it that are not taken; null where that is not known.</param>
    /// <param name="Queued">Of these, fetched already.</param>
    /// <param name="Failure">As the metric <c>scoring_log_failing</c> names it; null for
    /// none.</param>
    /// <param name="Why">The failure in a sentence.</param>
    internal sealed record LogStatus(
        string Log, LogKind Kind, [property: JsonPropertyName("owned")] bool IsOwned, long? Position, long? End, long? Lag, long Queued, string? Failure, string? Why);

    /// <param name="Differs">Keys whose values in the file are not in force.</param>
    /// <param name="Problem">Why the file cannot be compared; null where it can.</param>
    internal sealed record TopologyStatus(string File, IReadOnlyList<KeyStatus> Differs, string? Problem);

    /// <param name="NeedsRestart">False for one that is about to be taken, or was refused: the log
    /// says why.</param>
    internal sealed record KeyStatus(string Key, string? File, string? InForce, bool NeedsRestart);

    /// <param name="Models">Those that decide now, each with its inputs; empty until payments
    /// were decided.</param>
    internal sealed record DriftStatus(double WindowSeconds, IReadOnlyList<ModelDrift> Models);

    /// <param name="process">Null while it starts.</param>
    /// <param name="drift">Null: nobody looks.</param>
    public static StatusReport Of(ProcessLife life, Topology topology, TopologyWatch file, ServingProcess? process, DriftWatch? drift)
    {
        var (steps, (differences, problem)) = (life.Steps, file.Compare());
        var graph = process is { Pipeline: { } pipeline, Source: { } source } ? (Pipeline: pipeline, Source: source) : default;
        var (state, since, why) = steps[^1];
        return new StatusReport(
            state, since, why, steps, topology.Region, topology.Group,
            graph.Pipeline is null ? null : PolicyOf(graph.Pipeline),
            graph.Source is null ? [] : LogsOf(graph.Source.Health, [.. graph.Source.Owned]),
            graph.Pipeline is null ? new Dictionary<string, double?>() : graph.Pipeline.Coverage.StalenessNow(),
            new TopologyStatus(topology.File, [.. differences.Select(differs => new KeyStatus(differs.Key, differs.File, differs.InForce, !differs.IsLive))], problem),
            drift is null ? null : new DriftStatus(drift.Window.TotalSeconds, drift.Models));
    }

    private static PolicyStatus PolicyOf(Pipeline pipeline)
    {
        var parts = pipeline.Policy.Parts;
        var isLog = pipeline.HasPolicyLog;
        return new PolicyStatus(
            pipeline.PolicyId, parts.Champion.Name, parts.Champion.Version, [.. parts.Models.Select(served => StatusOf(served, parts.Canary))], [.. parts.Shadows.Models.Select(shadow => shadow.Id)], parts.Stamp.RuleFile,
            isLog ? [.. pipeline.State.Control.Parts.Values.Select(part => new PublishedPart(part.Kind, part.Hash, part.By, part.Why, DateTimeOffset.FromUnixTimeMilliseconds(part.AtMs)))] : null,
            isLog ? pipeline.State.Lists.Lists.ToDictionary(list => list.Key, list => list.Value.Count) : null,
            pipeline.Unapplied);
    }

    private static ModelStatus StatusOf(ServedModel served, CanaryShare? share) =>
        new(served.Role.ToString().ToLowerInvariant(), served.Model.Name, served.Model.Version, served.Role == ModelRole.Canary ? share?.ToString() : null);

    private static List<LogStatus> LogsOf(LogHealth health, HashSet<LogId> owned) =>
        [.. health.Look().Select(standing => new LogStatus(
            standing.Log.ToString(), health.Logs.KindOf(health.Logs.IndexOf(standing.Log)), owned.Contains(standing.Log), standing.Position < 0 ? null : standing.Position, standing.End,
            standing.LagCount, standing.QueuedCount, standing.Failure == LogFailure.None ? null : LogStanding.LabelOf(standing.Failure), standing.Text.Length > 0 ? standing.Text : null))];
}
