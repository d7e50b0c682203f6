namespace StreamScoring.Takeover;

/// <summary>What differs between members, and how long a member waits.</summary>
public sealed record MembershipRules
{
    /// <summary>
    /// False where offsets are committed together with the decisions, in their transactions.
    /// </summary>
    public required bool CommitsOffsets { get; init; }

    /// <summary>Between two commits of what is decided.</summary>
    public TimeSpan CommitInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// How long a partition that was revoked may take to drain. Then it is released all the same.
    /// </summary>
    public TimeSpan DrainPatience { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How long a partition that comes back waits for what this process still has on its way of it:
    /// its end is not known before. Then the process gives up and starts over: it has not owned the
    /// partition yet, so it committed and decided nothing of it. Less than a member may be silent
    /// in a rebalance.
    /// </summary>
    public TimeSpan TakeOverPatience { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Before it is asked again where decisions end.</summary>
    public TimeSpan AskAgainPause { get; init; } = TimeSpan.FromMilliseconds(500);
}
