using StreamScoring.Emit;
using StreamScoring.Logs;

namespace StreamScoring.Takeover;

/// <summary>
/// What a member of the consumer group hears or finds out. <see cref="Membership"/> decides what
/// follows from it.
/// </summary>
public abstract record MembershipFact
{
    private MembershipFact()
    {
    }

    /// <summary>The group gave payments partitions to this member; perhaps none.</summary>
    /// <param name="MemberId">The id that the client has in the group now.</param>
    public sealed record Assigned(IReadOnlyList<int> Partitions, string MemberId) : MembershipFact;

    /// <summary>The group wants partitions back and waits for them.</summary>
    public sealed record Revoked(IReadOnlyList<int> Partitions) : MembershipFact;

    /// <summary>
    /// The group gave partitions to others already, or is about to: it waits for nobody.
    /// </summary>
    public sealed record Lost(IReadOnlyList<int> Partitions) : MembershipFact;

    /// <summary>How far the process is.</summary>
    /// <param name="Logs">By log index. Looked at after all commands so far were carried out: a log
    /// that is still owned may drain and fill again.</param>
    public sealed record Progressed(IReadOnlyList<LogProgress> Logs) : MembershipFact;

    /// <param name="Elapsed">Since the member began. Never goes back.</param>
    public sealed record TimePassed(TimeSpan Elapsed) : MembershipFact;

    /// <summary>
    /// The group was asked for news, and no handler waits: a commit may be sent now.
    /// </summary>
    public sealed record Polled : MembershipFact;

    /// <param name="Takeover">Of the command that it answers.</param>
    /// <param name="Committed">By log index; what is left out was never committed. Offsets that a
    /// transaction may yet change are no answer.</param>
    public sealed record CommittedRead(int Takeover, IReadOnlyDictionary<int, CommittedOffset> Committed) : MembershipFact;

    /// <param name="Takeover">Of the command that it answers.</param>
    /// <param name="Open">Logs on whose decisions partition a transaction is open: its records
    /// cannot be read yet.</param>
    public sealed record DecisionsEndsRead(int Takeover, IReadOnlyList<int> Open) : MembershipFact;

    /// <param name="Takeover">Of the command that it answers.</param>
    /// <param name="Ends">By log index: behind the last record.</param>
    public sealed record LogEndsRead(int Takeover, IReadOnlyDictionary<int, long> Ends) : MembershipFact;

    /// <param name="Takeover">Of the command that it answers.</param>
    /// <param name="Decided">By log index.</param>
    public sealed record TailRead(int Takeover, IReadOnlyDictionary<int, DecidedPositions> Decided) : MembershipFact;

    /// <summary>Something that a takeover has to know could not be read.</summary>
    /// <param name="Takeover">Of the command that it answers.</param>
    public sealed record NotRead(int Takeover, CallError Kind, Exception Error) : MembershipFact;

    /// <summary>The client met an error outside a takeover's reads.</summary>
    public sealed record ClientFailed(CallError Kind, Exception Error) : MembershipFact;

    /// <summary>The process is about to end.</summary>
    public sealed record Stopping : MembershipFact;
}
