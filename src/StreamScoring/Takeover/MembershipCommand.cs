using StreamScoring.Logs;

namespace StreamScoring.Takeover;

/// <summary>
/// What <see cref="Membership"/> decided. An adapter carries commands out one by one, in their
/// order.
/// </summary>
public abstract record MembershipCommand
{
    private MembershipCommand()
    {
    }

    /// <summary>Something is to be read, and the answer given as a fact.</summary>
    /// <param name="Takeover">To be given back with the answer.</param>
    /// <param name="Logs">Log indexes.</param>
    public abstract record Read(int Takeover, IReadOnlyList<int> Logs) : MembershipCommand;

    /// <summary>
    /// What the group committed of the logs. An answer must wait for transactions that may yet
    /// change it.
    /// </summary>
    public sealed record ReadCommitted(int Takeover, IReadOnlyList<int> Logs) : Read(Takeover, Logs);

    /// <summary>Where the decisions on these payments logs end.</summary>
    public sealed record ReadDecisionsEnds(int Takeover, IReadOnlyList<int> Logs) : Read(Takeover, Logs);

    /// <summary>Where the logs themselves end.</summary>
    public sealed record ReadLogEnds(int Takeover, IReadOnlyList<int> Logs) : Read(Takeover, Logs);

    /// <summary>The last decisions on these payments logs, up to the ends that were read.</summary>
    /// <param name="LogEnds">By log index: no decision is on a record behind it.</param>
    public sealed record ReadTail(int Takeover, IReadOnlyList<int> Logs, IReadOnlyDictionary<int, long> LogEnds) : Read(Takeover, Logs);

    /// <summary>
    /// A takeover could not read what it has to know, and asks again in a moment. For operators.
    /// </summary>
    /// <param name="Logs">All logs that wait for it.</param>
    /// <param name="Open">Logs on whose decisions a transaction is open; none where a call
    /// failed.</param>
    /// <param name="Error">How the call failed; null where a transaction is open.</param>
    public sealed record AskAgain(IReadOnlyList<int> Logs, IReadOnlyList<int> Open, Exception? Error) : MembershipCommand;

    /// <summary>
    /// Records in the decisions claim positions that the log does not have. They are left out. For
    /// operators.
    /// </summary>
    /// <param name="End">Behind the log's last record.</param>
    /// <param name="Highest">The highest position that is claimed.</param>
    public sealed record IgnoreClaims(int LogIndex, long End, int Count, long Highest) : MembershipCommand;

    /// <summary>
    /// From now on transactions are sent in this member's name alone
    /// (<see cref="Membership.IsStill"/>).
    /// </summary>
    public sealed record WriteAs(string MemberId) : MembershipCommand;

    /// <summary>The log is decided here from this offset on.</summary>
    /// <param name="Needs">How far the logs that change the policy must be taken before it
    /// is.</param>
    public sealed record Own(int LogIndex, long From, IReadOnlyList<LogNeed> Needs) : MembershipCommand;

    /// <summary>All of an assignment is owned.</summary>
    public sealed record TookOver(IReadOnlyList<int> Partitions) : MembershipCommand;

    /// <summary>Nothing more of the log is taken to be decided.</summary>
    public sealed record Disown(int LogIndex) : MembershipCommand;

    /// <summary>Nothing that was taken of the log may be written any more.</summary>
    public sealed record Release(int LogIndex) : MembershipCommand;

    /// <summary>Partitions are released: the group may give them to others.</summary>
    public sealed record GaveUp(IReadOnlyList<int> Partitions) : MembershipCommand;

    /// <summary>
    /// Offsets are committed for the group. They are a hint, and not sent again where that fails.
    /// </summary>
    public sealed record Commit(IReadOnlyList<LogOffset> Offsets) : MembershipCommand;

    /// <summary>The process can be a member no longer.</summary>
    public sealed record Fail(MembershipFailure Why) : MembershipCommand;

    /// <summary>
    /// The member leaves the group, so that others need not wait for its session to end.
    /// </summary>
    public sealed record Leave : MembershipCommand;
}
