using Microsoft.Extensions.Logging;
using StreamScoring.Deployment;
using StreamScoring.Features;
using StreamScoring.Host.Serving;
using StreamScoring.Kafka;
using StreamScoring.Logs;

namespace StreamScoring.Host.Replaying;

/// <summary>What a replay reads, and what it puts in the place of what was.</summary>
/// <param name="Topology">With its own files in the place of those that it names.</param>
/// <param name="Features">That are computed.</param>
/// <param name="Logs">With the ids that their topics have now.</param>
/// <param name="Range">Where they begin and end now.</param>
internal sealed record ReplayWorld(Topology Topology, FeatureFile Features, LogTable Logs, LogRange Range, RecordedDecisions Decisions, MissingPayments Missing, ILogger Logger)
{
    /// <summary>What is put in the place of what decided.</summary>
    public required ReplayChanges Changes { get; init; }

    /// <summary>Published models, on this machine; null with a policy of files.</summary>
    public required PublishedFolders? Published { get; init; }
}

/// <summary>What a replay puts in the place of what decided.</summary>
/// <param name="RuleFile">Null: the rules of then.</param>
/// <param name="HasModel">Whether the topology's champion decides all, whatever decided.</param>
/// <param name="HasFeatures">Whether the topology's feature file is another one than that of the
/// decisions.</param>
/// <param name="Settings"><c>KEY=VALUE</c> each, of the policy.</param>
internal sealed record ReplayChanges(string? RuleFile, bool HasModel, bool HasFeatures, IReadOnlyList<string> Settings)
{
    public static ReplayChanges None { get; } = new(null, false, false, []);

    public bool Any => RuleFile is not null || HasModel || HasFeatures || Settings.Count > 0;
}
