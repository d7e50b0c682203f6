using StreamScoring.Batches;

namespace StreamScoring.Ingest;

/// <summary>
/// Takes records from several logs in one order: by (log timestamp, log, offset). Of the logs it reads it takes from the one whose next
/// record is oldest, and waits for an empty one only while that one may still have records. So a backlog is folded as it would have
/// been live, and live, when all logs are at their ends, nothing waits.
/// </summary>
/// <remarks>
/// Logs of other regions take part in that only until the process's own have once been at their ends. From then on they never hold anything
/// up: they are not waited for, and while own records are at hand they get half of each batch, however long their backlog is.
/// </remarks>
/// <param name="clock">Processing time, for the bound on waiting.</param>
/// <param name="waitMax">How long a log that neither gives a record nor is known to be at its end may hold up the others.</param>
/// <param name="batchBytesTarget">A batch takes no further record once its bytes exceed this.</param>
public sealed class LogMerge(TimeProvider clock, TimeSpan waitMax, int batchBytesTarget = 1024 * 1024)
{
    private const long NotBlocked = 0, GivenUp = -1;

    /// <summary>While own records wait, one in so many rows may be of other regions.</summary>
    private const int FollowedShare = 2;

    private bool _isCatchingUp = true;

    /// <summary>By log index: since when the log holds the others up (a clock timestamp), or one of the two values above.</summary>
    private long[] _blockedSince = [];

    /// <summary>By reader: whether a record is at hand, and its timestamp. Only taking changes it within a batch: what arrives meanwhile is for the next one.</summary>
    private (bool IsAtHand, bool IsFollowed, long TimestampMs)[] _heads = [];

    /// <summary>Index of the log that the merge waits for; -1 when it does not wait.</summary>
    public int WaitingForLog { get; private set; } = -1;

    /// <summary>How often a log was left behind because it kept the others waiting for too long.</summary>
    public long WaitsGivenUp { get; private set; }

    /// <summary>
    /// The longest that a wait may still take: when to look again, should nothing wake the merge before. May be changed between two batches, by the thread
    /// that fills them; a wait that is on counts from where it began.
    /// </summary>
    public TimeSpan WaitMax { get; set; } = waitMax;

    /// <summary>Moves what is queued into the batch, up to its rows.</summary>
    /// <param name="readers">Ordered by log index.</param>
    public MergeOutcome Fill(PaymentBatch batch, IReadOnlyList<ILogReader> readers)
    {
        if (_heads.Length != readers.Count)
        {
            _heads = new (bool, bool, long)[readers.Count];
        }

        for (var i = 0; i < readers.Count; i++)
        {
            readers[i].StartBatch();
        }

        var followedRowsLeft = FollowedRowsMax(batch.RowsMax, readers);
        WaitingForLog = -1;
        for (var i = 0; i < readers.Count; i++)
        {
            Look(readers[i], ref _heads[i]);
        }

        var (lastMs, last) = (long.MinValue, -1);
        while (batch.RowCount < batch.RowsMax && batch.BytesUsed < batchBytesTarget)
        {
            if (WaitingForLog >= 0)
            {
                return batch.RowCount > 0 ? MergeOutcome.Filled : MergeOutcome.Waiting;
            }

            var (oldest, oldestMs, nextMs, nextIsBefore) = FindOldest(_heads, followedRowsLeft > 0);
            if (oldest < 0)
            {
                break;
            }

            if (oldestMs < lastMs || (oldestMs == lastMs && oldest < last))
            {
                // It arrived after a later record was taken. Within a batch records stand by (timestamp, log, offset), so it begins the next one.
                break;
            }

            // Up to the next log's head: inclusive where this log sorts before that one, so that ties go by log.
            var through = nextIsBefore ? nextMs - 1 : nextMs;
            Invariant.Require(through >= oldestMs);
            var isFollowed = _heads[oldest].IsFollowed;
            var taken = readers[oldest].TakeInto(batch, through, Math.Min(batch.RowsMax - batch.RowCount, isFollowed ? followedRowsLeft : int.MaxValue));
            Invariant.Require(taken > 0);
            followedRowsLeft -= isFollowed ? taken : 0;
            (lastMs, last) = (batch.LogTimestampMs[batch.RowCount - 1], oldest);
            Look(readers[oldest], ref _heads[oldest]);
        }

        return batch.RowCount > 0 ? MergeOutcome.Filled : MergeOutcome.Idle;
    }

    /// <summary>Rows of a batch that may be of other regions.</summary>
    private int FollowedRowsMax(int rowsMax, IReadOnlyList<ILogReader> readers)
    {
        _isCatchingUp = _isCatchingUp && !AreOwnAtEnd(readers);
        return !_isCatchingUp && IsAnyFollowed(readers) && IsOwnAtHand(readers) ? Math.Max(1, rowsMax / FollowedShare) : rowsMax;
    }

    private static bool AreOwnAtEnd(IReadOnlyList<ILogReader> readers)
    {
        for (var i = 0; i < readers.Count; i++)
        {
            if (!readers[i].IsFollowed && !readers[i].IsAtEnd)
            {
                return false;
            }
        }

        return readers.Count > 0;
    }

    private static bool IsAnyFollowed(IReadOnlyList<ILogReader> readers)
    {
        for (var i = 0; i < readers.Count; i++)
        {
            if (readers[i].IsFollowed)
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsOwnAtHand(IReadOnlyList<ILogReader> readers)
    {
        for (var i = 0; i < readers.Count; i++)
        {
            if (!readers[i].IsFollowed && readers[i].TryPeek(out _))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Looks at a log's next record, and notes where the log must be waited for.</summary>
    private void Look(ILogReader reader, ref (bool IsAtHand, bool IsFollowed, long TimestampMs) head)
    {
        head = (reader.TryPeek(out var timestampMs), reader.IsFollowed, timestampMs);
        if (!head.IsAtHand)
        {
            WaitingForLog = MayPass(reader) ? WaitingForLog : reader.LogIndex;
        }
        else if (!head.IsFollowed)
        {
            // A log of another region that gives one record now and then is given up once, until it is at its end.
            BlockedSince(reader.LogIndex) = NotBlocked;
        }
    }

    /// <returns>The reader with the oldest head; the second oldest head, <see cref="long.MaxValue"/> for none, and whether its reader comes before the other.</returns>
    private static (int Oldest, long OldestMs, long NextMs, bool NextIsBefore) FindOldest(
        ReadOnlySpan<(bool IsAtHand, bool IsFollowed, long TimestampMs)> heads, bool mayFollow)
    {
        var (oldest, oldestMs) = (-1, long.MaxValue);
        var (next, nextMs) = (-1, long.MaxValue);
        for (var i = 0; i < heads.Length; i++)
        {
            ref readonly var head = ref heads[i];
            if (!head.IsAtHand || (head.IsFollowed && !mayFollow))
            {
                continue;
            }

            if (oldest < 0 || head.TimestampMs < oldestMs)
            {
                (next, nextMs) = (oldest, oldestMs);
                (oldest, oldestMs) = (i, head.TimestampMs);
            }
            else if (next < 0 || head.TimestampMs < nextMs)
            {
                (next, nextMs) = (i, head.TimestampMs);
            }
        }

        return (oldest, oldestMs, nextMs, next >= 0 && next < oldest);
    }

    /// <summary>Whether a log without a record at hand may be passed over: it is at its end, or it held up the others for too long.</summary>
    private bool MayPass(ILogReader reader)
    {
        ref var since = ref BlockedSince(reader.LogIndex);
        if (reader.IsAtEnd)
        {
            since = NotBlocked;
            return true;
        }

        if (reader.IsFollowed && !_isCatchingUp)
        {
            return true;
        }

        if (since == NotBlocked)
        {
            since = clock.GetTimestamp();
        }

        if (since != GivenUp && clock.GetElapsedTime(since) >= WaitMax)
        {
            since = GivenUp;
            WaitsGivenUp++;
        }

        return since == GivenUp;
    }

    private ref long BlockedSince(int logIndex)
    {
        if (logIndex >= _blockedSince.Length)
        {
            Array.Resize(ref _blockedSince, Math.Max(logIndex + 1, 2 * _blockedSince.Length));
        }

        return ref _blockedSince[logIndex];
    }
}
