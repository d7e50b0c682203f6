using StreamScoring.Emit;
using StreamScoring.Logs;

namespace StreamScoring.Takeover;

/// <summary>From which offset on a new owner decides a log.</summary>
/// <remarks>
/// Of payments the last decision is the truth, and what the group committed counts where it is
/// further. With transactional delivery an offset is committed with the decisions, so it is the
/// truth; decisions behind it count all the same, as idempotent delivery may have written them, or
/// the offset expired. Of labels nothing but dead letters is written, so there the commit counts
/// alone: what lies behind it is looked at again.
/// </remarks>
/// <param name="From">The first offset that is owed an answer.</param>
/// <param name="Refusal">Where the log ends before a position that is known of it; else
/// null.</param>
internal readonly record struct DecidingStart(long From, MembershipFailure.BeyondEnd? Refusal)
{
    /// <param name="end">Behind the log's last record.</param>
    /// <param name="decided">What the end of its decisions partition says; null for labels.</param>
    public static DecidingStart Of(LogTable logs, int logIndex, long end, CommittedOffset committed, DecidedPositions? decided)
    {
        var next = committed.NextOf(logs.TopicIdOf(logIndex));
        if (next > end)
        {
            return Refused(next, isCommitted: true);
        }

        if (decided is null)
        {
            return new DecidingStart(Math.Max(0, next), Refusal: null);
        }

        if (decided.IsOfAnotherLog)
        {
            return Refused(decided.ImpossibleMax, isCommitted: false);
        }

        if (decided.IsOnlyFormer && committed.TopicId.Length == 0)
        {
            // A transaction that was on its way when the topic was made anew: of the new one
            // something would be decided.
            next = -1;
        }

        return new DecidingStart(Math.Max(0, decided.DecideFrom(next)), Refusal: null);

        DecidingStart Refused(long position, bool isCommitted) =>
            new(PartitionOwnership.NotOwned, new MembershipFailure.BeyondEnd(logIndex, end, position, isCommitted));
    }
}
