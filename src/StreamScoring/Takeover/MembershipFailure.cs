namespace StreamScoring.Takeover;

/// <summary>Why a process can be a member of the group no longer.</summary>
public abstract record MembershipFailure
{
    private MembershipFailure()
    {
    }

    /// <summary>
    /// Logs came back, and what was taken of them before is still not acknowledged.
    /// </summary>
    public sealed record Undrained(IReadOnlyList<int> Logs) : MembershipFailure;

    /// <summary>A log ends before a position that is known of it.</summary>
    /// <param name="IsCommitted">The group committed the position; else decisions claim it.</param>
    public sealed record BeyondEnd(int LogIndex, long End, long Position, bool IsCommitted) : MembershipFailure;

    /// <summary>The brokers refuse what a member has to do.</summary>
    public sealed record CallFailed(Exception Error) : MembershipFailure;
}
