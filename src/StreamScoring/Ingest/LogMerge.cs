using StreamScoring.Batches;

namespace StreamScoring.Ingest;

/// <summary>
/// Takes records from several logs by their time. Of the logs it reads it takes from the one whose
/// next record is oldest, and waits for an empty one only while that one may still have records. So
/// a backlog is folded as it would have been live, and live, when all logs are at their ends,
/// nothing waits. In which order a batch's records are folded follows from the batch
/// (<c>FoldOrder</c>).
/// </summary>
/// <remarks>
/// A log whose next record lies in the future is passed over until the others have come to the
/// moment at which that was first seen, and no longer: see also <see cref="LookAhead"/>. Logs that
/// all lie in the future are merged like any others.
///
/// Logs of other regions take part in that only until the process's own have once been at their
/// ends. From then on they never hold anything up: they are not waited for, and while own records
/// are at hand they get half of each batch, however long their backlog is.
/// </remarks>
/// <param name="clock">Processing time, for the bound on waiting.</param>
/// <param name="waitMax">How long a log that neither gives a record nor is known to be at its end
/// may hold up the others.</param>
/// <param name="batchBytesTarget">A batch takes no further record once its bytes exceed
/// this.</param>
public sealed class LogMerge(TimeProvider clock, TimeSpan waitMax, int batchBytesTarget = 1024 * 1024)
{
    private const long NotBlocked = 0, GivenUp = -1;

    /// <summary>While own records wait, one in so many rows may be of other regions.</summary>
    private const int FollowedShare = 2;

    /// <summary>
    /// Of logs that have records of one time, each gives so many in turn. Where a batch ends among
    /// these, as much of each is in it, so that the order of their event times is kept but for so
    /// many.
    /// </summary>
    private const int TieRows = 16;

    /// <summary>
    /// So many changes of the policy are folded at once: an import must not keep payments waiting.
    /// </summary>
    private const int PolicyRowsMax = 64;

    /// <summary>Clocks of publishers and of this machine differ by less, as a rule.</summary>
    private const long AheadMs = 1000;

    private bool _isCatchingUp = true;

    /// <summary>A log is waited for that is held (<see cref="ILogReader.IsHeld"/>).</summary>
    private bool _isHeld;

    /// <summary>
    /// By log index: since when the log holds the others up (a clock timestamp), or one of the two
    /// values above.
    /// </summary>
    private long[] _blockedSince = [];

    /// <summary>
    /// By reader. Only taking changes it within a batch: what arrives meanwhile is for the next
    /// one.
    /// </summary>
    private Head[] _heads = [];

    /// <summary>A log's next record.</summary>
    private struct Head
    {
        public bool IsAtHand;
        public bool IsFollowed;

        /// <summary>By which it is merged.</summary>
        public long TimeMs;

        /// <summary>
        /// Where its time lies in the future: when one of the log was first seen to, ms since the
        /// Unix epoch; else 0.
        /// </summary>
        public long AheadSinceMs;

        /// <summary>Among logs with records of that time: how often it was its turn.</summary>
        public int Turns;
    }

    /// <summary>What to take next.</summary>
    /// <param name="Reader">-1 where nothing is at hand.</param>
    /// <param name="ThroughMs">Up to which time.</param>
    private readonly record struct Choice(int Reader, long ThroughMs, int RowsMax);

    /// <summary>Index of the log that the merge waits for; -1 when it does not wait.</summary>
    public int WaitingForLog { get; private set; } = -1;

    /// <summary>
    /// How often a log was left behind because it kept the others waiting for too long.
    /// </summary>
    public long WaitsGivenUp { get; private set; }

    /// <summary>
    /// The longest that a wait may still take: when to look again, should nothing wake the merge
    /// before. May be changed between two batches, by the thread that fills them; a wait that is on
    /// counts from where it began.
    /// </summary>
    public TimeSpan WaitMax { get; set; } = waitMax;

    /// <summary>True where records may lie in the future rightly: those of tables.</summary>
    public bool TakesFutureAsItIs { get; init; }

    /// <summary>Which logs change the policy; null: none does.</summary>
    public IPolicyGate? Gate { get; init; }

    /// <summary>Moves what is queued into the batch, up to its rows.</summary>
    /// <param name="readers">Ordered by log index.</param>
    public MergeOutcome Fill(PaymentBatch batch, IReadOnlyList<ILogReader> readers)
    {
        if (_heads.Length != readers.Count)
        {
            _heads = new Head[readers.Count];
        }

        for (var i = 0; i < readers.Count; i++)
        {
            readers[i].StartBatch();
        }

        var followedRowsLeft = FollowedRowsMax(batch.RowsMax, readers);
        WaitingForLog = -1;
        var nowMs = TakesFutureAsItIs ? long.MaxValue : clock.GetUtcNow().ToUnixTimeMilliseconds();
        _isHeld = false;
        for (var i = 0; i < readers.Count; i++)
        {
            Look(readers[i], ref _heads[i], nowMs);
        }

        var (policyReader, policyRows) = (-1, 0);
        while (batch.RowCount < batch.RowsMax && batch.BytesUsed < batchBytesTarget)
        {
            // What holds a log is overcome by reading the logs of the policy, whatever waits.
            if (WaitingForLog >= 0 && !_isHeld)
            {
                return batch.RowCount > 0 ? MergeOutcome.Filled : MergeOutcome.Waiting;
            }

            var next = WaitingForLog >= 0 ? ChoosePolicy(readers) : Choose(_heads, followedRowsLeft > 0);
            if (next.Reader < 0)
            {
                return batch.RowCount > 0 ? MergeOutcome.Filled : WaitingForLog >= 0 ? MergeOutcome.Waiting : MergeOutcome.Idle;
            }

            if (policyReader >= 0 && (policyReader != next.Reader || policyRows == PolicyRowsMax))
            {
                break;
            }

            ref var head = ref _heads[next.Reader];
            policyReader = Gate?.IsPolicy(readers[next.Reader].LogIndex) == true ? next.Reader : -1;
            var rowsMax = Math.Min(Math.Min(next.RowsMax, batch.RowsMax - batch.RowCount), head.IsFollowed ? followedRowsLeft : int.MaxValue);
            // Changes are made ready one by one.
            var taken = readers[next.Reader].TakeInto(batch, next.ThroughMs, policyReader >= 0 ? 1 : rowsMax);
            policyRows += policyReader >= 0 ? taken : 0;
            Invariant.Require(taken > 0);
            followedRowsLeft -= head.IsFollowed ? taken : 0;
            head.Turns++;
            Look(readers[next.Reader], ref head, nowMs);
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
    private void Look(ILogReader reader, ref Head head, long nowMs)
    {
        (head.IsAtHand, head.IsFollowed) = (reader.TryPeek(out var timeMs), reader.IsFollowed);
        var mayTake = head.IsAtHand && !reader.IsHeld && (Gate?.IsPolicy(reader.LogIndex) != true || Gate.MayTake(reader));
        if (!mayTake)
        {
            var mayPass = MayPass(reader);
            _isHeld = _isHeld || (!mayPass && reader.IsHeld);
            (head.IsAtHand, head.AheadSinceMs, head.Turns) = (false, 0, 0);
            WaitingForLog = mayPass ? WaitingForLog : reader.LogIndex;
            return;
        }

        head.Turns = timeMs == head.TimeMs ? head.Turns : 0;
        head.TimeMs = timeMs;
        // Kept from one such record to the next, so that a run of them waits once.
        head.AheadSinceMs = timeMs <= nowMs + Math.Min(AheadMs, long.MaxValue - nowMs) ? 0 : head.AheadSinceMs == 0 ? nowMs : head.AheadSinceMs;
        if (!head.IsFollowed)
        {
            // A log of another region that gives one record now and then is given up once, until it
            // is at its end.
            BlockedSince(reader.LogIndex) = NotBlocked;
        }
    }

    /// <summary>The oldest head of the logs that change the policy.</summary>
    private Choice ChoosePolicy(IReadOnlyList<ILogReader> readers)
    {
        var oldest = -1;
        for (var i = 0; i < readers.Count; i++)
        {
            if (_heads[i].IsAtHand && Gate?.IsPolicy(readers[i].LogIndex) == true && (oldest < 0 || _heads[i].TimeMs < _heads[oldest].TimeMs))
            {
                oldest = i;
            }
        }

        return new Choice(oldest, long.MaxValue, 1);
    }

    /// <summary>
    /// The oldest head. One that lies in the future is as old as when that was first seen; of
    /// several such the order is that of their times.
    /// </summary>
    private static Choice Choose(ReadOnlySpan<Head> heads, bool mayFollow)
    {
        var (oldest, next, ahead, aheadNextMs) = (-1, -1, -1, long.MaxValue);
        for (var i = 0; i < heads.Length; i++)
        {
            ref readonly var head = ref heads[i];
            if (!head.IsAtHand || (head.IsFollowed && !mayFollow))
            {
                continue;
            }

            if (head.AheadSinceMs > 0)
            {
                aheadNextMs = ahead < 0 ? aheadNextMs : Math.Min(aheadNextMs, Math.Max(head.TimeMs, heads[ahead].TimeMs));
                ahead = ahead < 0 || head.TimeMs < heads[ahead].TimeMs ? i : ahead;
            }
            else if (oldest < 0 || IsBefore(head, heads[oldest]))
            {
                (next, oldest) = (oldest, i);
            }
            else if (next < 0 || head.TimeMs < heads[next].TimeMs)
            {
                next = i;
            }
        }

        if (oldest < 0 || (ahead >= 0 && heads[ahead].AheadSinceMs < heads[oldest].TimeMs))
        {
            return ahead < 0 ? new Choice(-1, 0, 0) : new Choice(ahead, aheadNextMs, oldest < 0 ? int.MaxValue : 1);
        }

        var (oldestMs, nextMs) = (heads[oldest].TimeMs, next < 0 ? long.MaxValue : heads[next].TimeMs);
        var untilMs = next < 0 || nextMs == oldestMs ? nextMs : nextMs - 1;
        return new Choice(oldest, ahead < 0 ? untilMs : Math.Min(untilMs, heads[ahead].AheadSinceMs), nextMs == oldestMs && next >= 0 ? TieRows : int.MaxValue);
    }

    private static bool IsBefore(in Head head, in Head other) =>
        head.TimeMs < other.TimeMs || (head.TimeMs == other.TimeMs && head.Turns < other.Turns);

    /// <summary>
    /// Whether a log without a record at hand may be passed over: it is at its end, or it held up
    /// the others for too long.
    /// </summary>
    private bool MayPass(ILogReader reader)
    {
        ref var since = ref BlockedSince(reader.LogIndex);
        if (reader.IsAtEnd)
        {
            since = NotBlocked;
            return true;
        }

        if ((reader.IsFollowed || reader.IsHeld || Gate?.IsPolicy(reader.LogIndex) == true) && !_isCatchingUp)
        {
            return true;
        }

        if (since == NotBlocked)
        {
            since = clock.GetTimestamp();
        }

        // Without what its own region published nothing is decided, however long it takes.
        var isNeeded = !reader.IsFollowed && Gate?.IsPolicy(reader.LogIndex) == true;
        if (since != GivenUp && !isNeeded && clock.GetElapsedTime(since) >= WaitMax)
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
