using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using StreamScoring.Batches;
using StreamScoring.Contracts;
using StreamScoring.Control;
using StreamScoring.Expressions;
using StreamScoring.Features;
using StreamScoring.Identity;
using StreamScoring.Lists;
using StreamScoring.Logs;

namespace StreamScoring.State;

/// <summary>
/// Everything that is folded from the logs: the windows of every key, which payments were seen
/// lately, and the offset vector that says how far each log is folded. A pure function of what was
/// folded. Written by one thread, the enrich stage's.
/// </summary>
public sealed class FoldedState
{
    /// <summary>
    /// Bytes of one step of copying (<see cref="Advance"/>): a tenth of a millisecond or so, less
    /// than a batch takes.
    /// </summary>
    public const long BytesPerStep = 1 << 20;

    private readonly FeatureFile _file;
    private readonly LogTable _logs;
    private readonly FeatureEngine _features;
    private readonly IdempotencyIndex _payments;
    private readonly RecentDuplicates _duplicates;

    /// <summary>
    /// First records of payments whose id was another payment's, each with a record of that one.
    /// </summary>
    private readonly RecentRecords _conflicts = new();
    private readonly IdentityHash _identity;
    private readonly PaymentContents _contents;
    private readonly long[] _vector;

    /// <summary>
    /// By log: how far event time has come by its payments, each taken for at most its record's
    /// timestamp.
    /// </summary>
    private readonly LogClock[] _eventClocks;
    private readonly FoldOrder _order;

    /// <summary>
    /// Logs that the state holds something of and this process does not read: those of a region
    /// that is not followed any more.
    /// </summary>
    private readonly Dictionary<LogId, long> _unread = [];
    private readonly ConcurrentQueue<IStateReceiver> _requests = new();
    private readonly ConcurrentQueue<IStateReceiver> _firstRequests = new();
    private IStateReceiver? _receiver;
    private IdempotencyCopy? _paymentsCopy;
    private long _watermarkMs = long.MinValue;
    private ControlState _control = ControlState.Empty;
    private ControlState _applied = ControlState.Empty;
    private ListSet _lists;

    /// <param name="stateBytesMax">The ceiling of the keyed state.</param>
    /// <param name="clockBlockRecords">Of the logs' clocks; another number than the default is for
    /// tests with few records.</param>
    /// <param name="identity">What the decoder hashes ids by; null: the secret for
    /// development.</param>
    /// <param name="slotSeed">As the features' (<see cref="FeatureEngine"/>).</param>
    public FoldedState(
        FeatureFile file, LogTable logs, IdempotencyOptions idempotency, long stateBytesMax = FeatureEngine.StateBytesMaxDefault,
        int clockBlockRecords = LogClock.BlockRecordsDefault, IdentityHash? identity = null, ulong? slotSeed = null)
    {
        (_file, _logs, _identity) = (file, logs, identity ?? IdentityHash.Development);
        _contents = new PaymentContents(_identity);
        _lists = ListSet.Empty(_identity);
        _features = new FeatureEngine(file, stateBytesMax, _identity, slotSeed);
        _payments = new IdempotencyIndex(logs.Count, idempotency.Window, idempotency.PaymentsMax, logs.HasMirror, clockBlockRecords);
        _duplicates = new RecentDuplicates(logs);
        if (logs.FollowedRegions.Count > 0)
        {
            // Not known until the first batch says so. What is restored before it must stay.
            _payments.AreWholeUntil(long.MinValue);
        }

        _vector = new long[logs.Count];
        _order = new FoldOrder(logs.Count);
        _eventClocks = [.. Enumerable.Range(0, logs.Count).Select(_ => new LogClock(clockBlockRecords))];
    }

    /// <summary>
    /// Set by whoever runs the state's thread: called, from any thread, when something was asked
    /// for.
    /// </summary>
    public Action? Requested { get; set; }

    /// <summary>Fingerprint of the secret by which ids are hashed here.</summary>
    public string Identity => _identity.Fingerprint;

    public FeatureEngine Features => _features;

    public IdempotencyIndex Payments => _payments;

    /// <summary>
    /// By log index: the next offset that the state does not hold; 0 where nothing was folded. For
    /// the state's thread.
    /// </summary>
    public ReadOnlySpan<long> Vector => _vector;

    /// <summary>
    /// What the control log says, as far as it is folded. Set by the state's thread, read by any.
    /// </summary>
    public ControlState Control
    {
        get => Volatile.Read(ref _control);
        internal set => Volatile.Write(ref _control, value);
    }

    /// <summary>
    /// What the policy in force was made of: the last that could be applied here. As for
    /// <see cref="Control"/>.
    /// </summary>
    public ControlState Applied
    {
        get => Volatile.Read(ref _applied);
        internal set => Volatile.Write(ref _applied, value);
    }

    /// <summary>
    /// The lists, as far as their log is folded. Set by the state's thread, read by any.
    /// </summary>
    public ListSet Lists
    {
        get => Volatile.Read(ref _lists);
        internal set => Volatile.Write(ref _lists, value);
    }

    /// <summary>By which features take amounts. For the state's thread.</summary>
    public RateSchedule Rates { get; set; } = RateSchedule.None;

    /// <summary>Folds a batch and fills the features of the rows to decide.</summary>
    /// <exception cref="StateAheadException">A payment that is to be decided was folded before, and
    /// cannot be looked at again.</exception>
    public void Enrich(PaymentBatch batch)
    {
        if (batch.VectorBefore.Length != _vector.Length)
        {
            batch.VectorBefore = new long[_vector.Length];
        }

        _vector.CopyTo(batch.VectorBefore, 0);
        _order.Fill(batch);
        Mark(batch);
        if (_file.UsesBaseAmount)
        {
            Rates.Fill(batch);
        }

        _features.Enrich(batch);
    }

    /// <summary>
    /// Asks for a copy of the state as it is between two batches, soon. From any thread; one after
    /// the other.
    /// </summary>
    /// <param name="goesFirst">Before all that do not; one that is being made gives way, where it
    /// can.</param>
    public void Request(IStateReceiver receiver, bool goesFirst = false)
    {
        (goesFirst ? _firstRequests : _requests).Enqueue(receiver);
        Requested?.Invoke();
    }

    /// <summary>Asks for a copy, to be consumed on a thread of its own.</summary>
    /// <param name="consume">Given the head and then the chunks as they come; it may wait.</param>
    /// <param name="goesFirst">Before all that do not, which are given up for it.</param>
    /// <param name="cancel">Ends it: to the consumer it then looks as if the copying
    /// failed.</param>
    /// <returns>What the consumer returned. Fails as it does, or where it is slower than the state
    /// changes; cancelled where it gave way.</returns>
    public async Task<T> CopyAsync<T>(Func<StateHead, IEnumerable<SweepChunk>, T> consume, bool goesFirst = false, CancellationToken cancel = default)
    {
        var copy = new BackgroundCopy<T>(this, consume, givesWay: !goesFirst);
        using var registration = cancel.Register(() => copy.Abandon(cancel));
        Request(copy, goesFirst);
        return await copy.Result;
    }

    /// <summary>A copy's digest: equal where states are. Reads the copy through.</summary>
    /// <inheritdoc cref="CopyAsync"/>
    public Task<(StateHead Head, UInt128 Digest)> DigestAsync(CancellationToken cancel = default) => CopyAsync(
        (head, chunks) =>
        {
            var digestOf = _features.NewDigest();
            return (head, chunks.Aggregate(UInt128.Zero, (sum, chunk) => sum + digestOf(chunk)));
        }, cancel: cancel);

    /// <summary>
    /// Goes on with what was asked for. On the state's thread, between two batches.
    /// </summary>
    /// <param name="bytes">About how much is copied at most.</param>
    /// <returns>True while there is more to do at once.</returns>
    public bool Advance(long bytes)
    {
        if (_receiver is null)
        {
            if (!_firstRequests.TryDequeue(out _receiver) && !_requests.TryDequeue(out _receiver))
            {
                return false;
            }

            if (_receiver.IsAbandoned)
            {
                // Nobody waits for it any more, so nothing is begun for it.
                _receiver = null;
                return IsAsked;
            }

            _paymentsCopy = new IdempotencyCopy(_payments);
        }

        if (_receiver.IsAbandoned || (!_firstRequests.IsEmpty && _receiver.TryGiveWay()))
        {
            _features.AbandonSweep();
            (_receiver, _paymentsCopy, _payments.CopyUnderWay) = (null, null, null);
            return IsAsked;
        }

        if (_paymentsCopy is { } payments)
        {
            // The state is copied as it is once these are all there, which no batch can change any
            // more then.
            if (payments.Step((int)Math.Clamp(bytes / Unsafe.SizeOf<IdempotencyIndex.Entry>(), 1, int.MaxValue)))
            {
                _receiver.Begin(Head(payments.End()));
                _features.BeginSweep(_receiver.Take, Math.Max(_watermarkMs, _receiver.WatermarkMs));
                _paymentsCopy = null;
            }

            return true;
        }

        if (_receiver.IsBehind)
        {
            return false;
        }

        if (!_features.StepSweep(bytes))
        {
            return true;
        }

        _receiver.Complete();
        _receiver = null;
        return IsAsked;
    }

    private bool IsAsked => !_firstRequests.IsEmpty || !_requests.IsEmpty;

    /// <summary>
    /// Takes over what a state of the same feature file was, chunks apart; before anything is
    /// folded. It does not touch the keys, so another thread may restore these meanwhile.
    /// </summary>
    /// <returns>Logs of that state that this process does not read.</returns>
    public IReadOnlyList<LogId> Restore(StateHead head)
    {
        Invariant.Require(head.FeatureFile == _file.Hash);
        Invariant.Require(head.Identity == _identity.Fingerprint);
        Invariant.Require(!_vector.AsSpan().ContainsAnyExcept(0));
        foreach (var (log, next) in head.Vector)
        {
            if (_logs.IndexOf(log) is >= 0 and var logIndex)
            {
                _vector[logIndex] = next;
            }
            else
            {
                _unread[log] = next;
            }
        }

        foreach (var (log, clocks) in head.Clocks)
        {
            if (_logs.IndexOf(log) is >= 0 and var logIndex)
            {
                RestoreClocks(logIndex, clocks);
            }
        }

        _watermarkMs = head.WatermarkMs;
        (_control, _applied, _lists) = (head.Control, head.Applied, _lists.Restored(head.Lists));
        int[] logIndexes = [.. head.Logs.Select(log => _logs.IndexOf(log))];
        _payments.Expect(head.PaymentCount);
        foreach (var (log, offset, timestampMs, block, hash, content) in head.Payments)
        {
            if (logIndexes[log] >= 0)
            {
                _payments.Restore(new IdempotencyIndex.Entry(hash, content, offset, timestampMs, logIndexes[log], block));
            }
        }

        foreach (var (log, offset, firstLog, firstOffset) in Read(head.Duplicates))
        {
            _duplicates.Add(log, offset, firstLog, firstOffset);
        }

        foreach (var (log, offset, otherLog, otherOffset) in Read(head.Conflicts))
        {
            _conflicts.Add((log, offset), (otherLog, otherOffset), out _);
        }

        return [.. _unread.Keys];
    }

    /// <summary>Those whose logs this process reads.</summary>
    private IEnumerable<(int LogIndex, long Offset, int OtherLog, long OtherOffset)> Read(IReadOnlyList<RecordPair> pairs) => pairs
        .Select(pair => (_logs.IndexOf(pair.Log), pair.Offset, _logs.IndexOf(pair.OtherLog), pair.OtherOffset))
        .Where(pair => pair.Item1 >= 0 && pair.Item3 >= 0);

    private StateHead Head(IEnumerable<IdempotencyIndex.Entry> payments)
    {
        // Also where the topic was made anew and nothing of the new one is folded yet: the index
        // holds payments of the former one.
        var read = Enumerable.Range(0, _logs.Count).Where(logIndex => _vector[logIndex] > 0 || _payments.TimesOf(logIndex).NewestMs != long.MinValue).ToList();
        int[] numbers = [.. Enumerable.Range(0, _logs.Count).Select(logIndex => read.IndexOf(logIndex))];
        return new StateHead(
            _file.Hash,
            _identity.Fingerprint,
            [.. read.Select(logIndex => _logs[logIndex]), .. _unread.Keys],
            read.Select(logIndex => KeyValuePair.Create(_logs[logIndex], _vector[logIndex])).Concat(_unread).ToDictionary(),
            read.ToDictionary(logIndex => _logs[logIndex], ClocksOf),
            _watermarkMs,
            [.. _features.Sizes.Select(size => (long)size.Keys)],
            _payments.Count,
            payments.Select(entry => new FoldedPayment(numbers[entry.LogIndex], entry.Offset, entry.TimestampMs, entry.Block, entry.Hash, entry.Content)),
            PairsOf(_duplicates.ToArray()),
            PairsOf(_conflicts.ToArray()))
        {
            Control = _control,
            Applied = _applied,
            Lists = [.. _lists.Lists.Values.Select(list => list.ToImage())],
        };
    }

    private List<RecordPair> PairsOf(((int LogIndex, long Offset) Record, (int LogIndex, long Offset) Other)[] records) =>
        [.. records.Select(pair => new RecordPair(_logs[pair.Record.LogIndex], pair.Record.Offset, _logs[pair.Other.LogIndex], pair.Other.Offset))];

    private LogClocks ClocksOf(int logIndex) =>
        new(_eventClocks[logIndex].ToLongs(), _payments.Blocks[logIndex].ToLongs());

    private void RestoreClocks(int logIndex, LogClocks clocks)
    {
        // Checksums fit, so these are what a state of the same release wrote.
        Invariant.Require(_eventClocks[logIndex].Restore(clocks.EventTime) == clocks.EventTime.Length);
        Invariant.Require(_payments.Blocks[logIndex].TryRestore(clocks.Blocks));
    }

    /// <summary>
    /// Tells the rows apart: new, held by the state already, of a payment that was published
    /// before, or of one whose id was another's.
    /// </summary>
    private void Mark(PaymentBatch batch)
    {
        var hashes = batch.Text(TextField.PaymentId).Hash;
        _payments.Prefetch(hashes.AsSpan(0, batch.RowCount));
        _contents.Begin(batch);
        foreach (var rowIndex in batch.FoldOrder.AsSpan(0, batch.RowCount))
        {
            var (logIndex, offset, timestampMs) = (batch.LogIndex[rowIndex], batch.Offset[rowIndex], batch.LogTimestampMs[rowIndex]);
            ref var next = ref _vector[logIndex];
            var isFolded = offset < next;
            batch.IsFolded[rowIndex] = isFolded;
            batch.IsDuplicate[rowIndex] = false;
            batch.IsConflicting[rowIndex] = false;
            batch.FirstSequence[rowIndex] = -1;
            if (!isFolded)
            {
                next = offset + 1;
            }

            var isPayment = batch.Kind[rowIndex] == RowKind.Payment;
            if (isPayment && !isFolded)
            {
                MarkNew(batch, rowIndex, hashes[rowIndex]);
                // The greatest of all logs' clocks, of which each is a function of its log: so in
                // whatever order logs are read, the same records lead to the same watermark. And
                // neither an event time nor a timestamp that is ahead moves it by itself.
                if (_eventClocks[logIndex].Note(Math.Min(batch.EventTimeMs[rowIndex], timestampMs)))
                {
                    _watermarkMs = Math.Max(_watermarkMs, _eventClocks[logIndex].Ms);
                }
            }
            else if (isPayment)
            {
                MarkAgain(batch, rowIndex, hashes[rowIndex]);
            }

            if (!isFolded)
            {
                // Behind its payment: a record is not forgotten by what it says itself.
                _payments.Advance(logIndex, timestampMs);
            }

            batch.WatermarkMs[rowIndex] = _watermarkMs;
        }

        // Not before: what makes it whole is in this batch.
        _payments.AreWholeUntil(batch.WholeUntilMs);
    }

    private void MarkNew(PaymentBatch batch, int rowIndex, UInt128 hash)
    {
        var (logIndex, offset) = (batch.LogIndex[rowIndex], batch.Offset[rowIndex]);
        var entry = new IdempotencyIndex.Entry(hash, _contents.Of(batch, rowIndex), offset, batch.LogTimestampMs[rowIndex], logIndex);
        var finding = _payments.FindOrAdd(entry, out var other, out batch.FirstSequence[rowIndex]);
        (batch.FirstLog[rowIndex], batch.FirstOffset[rowIndex]) = (logIndex, offset);
        if (finding == Finding.Duplicate)
        {
            batch.IsDuplicate[rowIndex] = true;
            _duplicates.Add(logIndex, offset, other.LogIndex, other.Offset);
            MarkConflict(batch, rowIndex, other.LogIndex, other.Offset);
            (batch.FirstLog[rowIndex], batch.FirstOffset[rowIndex]) = _duplicates.DecidedFirst(other.LogIndex, other.Offset);
        }
        else if (finding == Finding.Conflicting)
        {
            _conflicts.Add((logIndex, offset), (other.LogIndex, other.Offset), out _);
            MarkConflict(batch, rowIndex, logIndex, offset);
        }
    }

    /// <summary>
    /// A payment that the state holds is what it was when it was folded: by now its first record's
    /// window may be over, and asking the index again would give another answer.
    /// </summary>
    private void MarkAgain(PaymentBatch batch, int rowIndex, UInt128 hash)
    {
        var (logIndex, offset) = (batch.LogIndex[rowIndex], batch.Offset[rowIndex]);
        var isDuplicate = _duplicates.TryFind(logIndex, offset, out var firstLog, out var firstOffset);
        batch.IsDuplicate[rowIndex] = isDuplicate;
        var position = isDuplicate ? (firstLog, firstOffset) : (logIndex, offset);
        var isHeld = _payments.TryFind(hash, _contents.Of(batch, rowIndex), out var first, out var sequence);
        batch.FirstSequence[rowIndex] = isHeld && (first.LogIndex, first.Offset) == position ? sequence : -1;
        (batch.FirstLog[rowIndex], batch.FirstOffset[rowIndex]) = isDuplicate ? _duplicates.DecidedFirst(firstLog, firstOffset) : position;
        MarkConflict(batch, rowIndex, position.Item1, position.Item2);
    }

    /// <summary>
    /// What is said of a payment whose id was another's is what was found when its first record was
    /// folded; its duplicates repeat it.
    /// </summary>
    private void MarkConflict(PaymentBatch batch, int rowIndex, int firstLog, long firstOffset)
    {
        batch.IsConflicting[rowIndex] = _conflicts.TryFind((firstLog, firstOffset), out var other);
        (batch.ConflictLog[rowIndex], batch.ConflictOffset[rowIndex]) = other;
    }
}
