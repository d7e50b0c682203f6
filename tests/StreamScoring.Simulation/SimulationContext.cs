using StreamScoring.Features;
using StreamScoring.Logs;
using StreamScoring.State;

namespace StreamScoring.Simulation;

/// <summary>What all processes of one simulated region share.</summary>
/// <param name="Link">Over which the other region is followed; null where there is none.</param>
/// <param name="Trace">Told what happens, where somebody wants to read it.</param>
internal sealed record SimulationContext(
    SimulatedCluster Cluster, VirtualClock Clock, FeatureFile Features, IdempotencyOptions Idempotency, bool FollowsRegion, SimulatedLink? Link, Action<FormattableString> Trace)
{
    /// <summary>Of the logs' clocks: few, as few records are published.</summary>
    public const int ClockBlockRecords = 8;

    /// <summary>Some publishers' clocks are wrong.</summary>
    public bool HasWrongClocks { get; init; }

    /// <summary>
    /// Delivery is transactional: decisions are written with the offsets of what they answer, and
    /// readers need no rule.
    /// </summary>
    public bool IsTransactional { get; init; }

    /// <summary>The policy comes from logs, of the region eu.</summary>
    public bool HasPolicyLog { get; init; }

    /// <summary>What each process knew of decisions when it took a partition over.</summary>
    public List<(string Process, int Partition, int DecisionCount)> TailsRead { get; } = [];

    public long StartedAtMs { get; } = Clock.NowMs;

    /// <summary>
    /// Whether a log carries another region's events and is read in the own cluster.
    /// </summary>
    public bool IsMirrored(int logIndex) => Cluster.Logs.FollowedRegionOf(logIndex) is not null && Cluster.Logs[logIndex].Region == Cluster.Region;

    public bool CanRead(LogId log) => log.Region == Cluster.Region ? !Cluster.IsAway : Link is { IsDown: false };
}
