using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using StreamScoring.Batches;
using StreamScoring.Contracts;
using StreamScoring.Features;
using StreamScoring.Regions;

namespace StreamScoring.State;

/// <summary>
/// Everything that is folded from the logs: the windows of every key, which payments were seen lately, and the offset vector that says how
/// far each log is folded. A pure function of what was folded. Written by one thread, the enrich stage's.
/// </summary>
public sealed class FoldedState
{
    private readonly FeatureFile _file;
    private readonly LogTable _logs;
    private readonly FeatureEngine _features;
    private readonly IdempotencyIndex _payments;
    private readonly RecentDuplicates _duplicates;
    private readonly long[] _vector;

    /// <summary>Logs that the state holds something of and this process does not read: those of a region that is not followed any more.</summary>
    private readonly Dictionary<LogId, long> _unread = [];
    private readonly ConcurrentQueue<IStateReceiver> _requests = new();
    private IStateReceiver? _receiver;
    private IdempotencyCopy? _paymentsCopy;
    private long _watermarkMs = long.MinValue;

    /// <param name="stateBytesMax">The ceiling of the keyed state.</param>
    /// <param name="slotSeed">As the features' (<see cref="FeatureEngine"/>).</param>
    public FoldedState(
        FeatureFile file, LogTable logs, IdempotencyOptions idempotency, long stateBytesMax = FeatureEngine.StateBytesMaxDefault, ulong? slotSeed = null)
    {
        (_file, _logs) = (file, logs);
        _features = new FeatureEngine(file, stateBytesMax, slotSeed);
        _payments = new IdempotencyIndex(logs.Count, idempotency.Window, idempotency.PaymentsMax, logs.HasMirror);
        _duplicates = new RecentDuplicates(logs);
        if (logs.FollowedRegions.Count > 0)
        {
            // Not known until the first batch says so. What is restored before it must stay.
            _payments.AreWholeUntil(long.MinValue);
        }

        _vector = new long[logs.Count];
    }

    /// <summary>Set by whoever runs the state's thread: called, from any thread, when something was asked for.</summary>
    public Action? Requested { get; set; }

    public FeatureEngine Features => _features;

    public IdempotencyIndex Payments => _payments;

    /// <summary>By log index: the next offset that the state does not hold; 0 where nothing was folded. For the state's thread.</summary>
    public ReadOnlySpan<long> Vector => _vector;

    /// <summary>Folds a batch and fills the features of the rows to decide.</summary>
    /// <exception cref="StateAheadException">A payment that is to be decided was folded before, and cannot be looked at again.</exception>
    public void Enrich(PaymentBatch batch)
    {
        if (batch.VectorBefore.Length != _vector.Length)
        {
            batch.VectorBefore = new long[_vector.Length];
        }

        _vector.CopyTo(batch.VectorBefore, 0);
        Mark(batch);
        _features.Enrich(batch);
    }

    /// <summary>Asks for a copy of the state as it is between two batches, soon. From any thread; one after the other.</summary>
    public void Request(IStateReceiver receiver)
    {
        _requests.Enqueue(receiver);
        Requested?.Invoke();
    }

    /// <summary>Asks for a copy, to be consumed on a thread of its own.</summary>
    /// <param name="consume">Given the head and then the chunks as they come; it may wait.</param>
    /// <param name="cancel">Ends it: to the consumer it then looks as if the copying failed.</param>
    /// <returns>What the consumer returned. Fails as it does, or where it is slower than the state changes.</returns>
    public async Task<T> CopyAsync<T>(Func<StateHead, IEnumerable<SweepChunk>, T> consume, CancellationToken cancel = default)
    {
        var copy = new BackgroundCopy<T>(this, consume);
        using var registration = cancel.Register(() => copy.Abandon(cancel));
        Request(copy);
        return await copy.Result;
    }

    /// <summary>A copy's digest: equal where states are. Reads the copy through.</summary>
    public Task<(StateHead Head, UInt128 Digest)> DigestAsync() => CopyAsync((head, chunks) =>
    {
        var digestOf = _features.NewDigest();
        return (head, chunks.Aggregate(UInt128.Zero, (sum, chunk) => sum + digestOf(chunk)));
    });

    /// <summary>Goes on with what was asked for. On the state's thread, between two batches.</summary>
    /// <param name="bytes">About how much is copied at most.</param>
    /// <returns>True while there is more to do at once.</returns>
    public bool Advance(long bytes)
    {
        if (_receiver is null)
        {
            if (!_requests.TryDequeue(out _receiver))
            {
                return false;
            }

            _paymentsCopy = new IdempotencyCopy(_payments);
        }

        if (_receiver.IsAbandoned)
        {
            _features.AbandonSweep();
            (_receiver, _paymentsCopy) = (null, null);
            return !_requests.IsEmpty;
        }

        if (_paymentsCopy is { } payments)
        {
            // The state is copied as it is once these are all there, which no batch can change any more then.
            if (payments.Step((int)Math.Clamp(bytes / Unsafe.SizeOf<IdempotencyIndex.Entry>(), 1, int.MaxValue)))
            {
                _receiver.Begin(Head(payments.End()));
                _features.BeginSweep(_receiver.Take, _watermarkMs);
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
        return !_requests.IsEmpty;
    }

    /// <summary>
    /// Takes over what a state of the same feature file was, chunks apart; before anything is folded. It does not touch the keys, so another
    /// thread may restore these meanwhile.
    /// </summary>
    /// <returns>Logs of that state that this process does not read.</returns>
    public IReadOnlyList<LogId> Restore(StateHead head)
    {
        Invariant.Require(head.FeatureFile == _file.Hash);
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

        foreach (var (log, newestMs) in head.NewestMs)
        {
            if (_logs.IndexOf(log) is >= 0 and var logIndex)
            {
                _payments.Advance(logIndex, newestMs);
            }
        }

        _watermarkMs = head.WatermarkMs;
        int[] logIndexes = [.. head.Logs.Select(log => _logs.IndexOf(log))];
        _payments.Expect(head.PaymentCount);
        foreach (var (log, offset, timestampMs, hash) in head.Payments)
        {
            if (logIndexes[log] >= 0)
            {
                _payments.FindOrAdd(new IdempotencyIndex.Entry(hash, offset, timestampMs, logIndexes[log]), out _, out _);
            }
        }

        foreach (var (log, offset, firstLog, firstOffset) in head.Duplicates)
        {
            if (_logs.IndexOf(log) is >= 0 and var logIndex && _logs.IndexOf(firstLog) is >= 0 and var firstIndex)
            {
                _duplicates.Add(logIndex, offset, firstIndex, firstOffset);
            }
        }

        return [.. _unread.Keys];
    }

    private StateHead Head(IEnumerable<IdempotencyIndex.Entry> payments)
    {
        var read = Enumerable.Range(0, _logs.Count).Where(logIndex => _vector[logIndex] > 0).ToList();
        int[] numbers = [.. Enumerable.Range(0, _logs.Count).Select(logIndex => read.IndexOf(logIndex))];
        return new StateHead(
            _file.Hash,
            [.. read.Select(logIndex => _logs[logIndex]), .. _unread.Keys],
            read.Select(logIndex => KeyValuePair.Create(_logs[logIndex], _vector[logIndex])).Concat(_unread).ToDictionary(),
            read.ToDictionary(logIndex => _logs[logIndex], logIndex => _payments.NewestMs[logIndex]),
            _watermarkMs,
            [.. _features.Sizes.Select(size => (long)size.Keys)],
            _payments.Count,
            payments.Select(entry => new FoldedPayment(numbers[entry.LogIndex], entry.Offset, entry.TimestampMs, entry.Hash)),
            [.. _duplicates.ToArray().Select(entry => (_logs[entry.LogIndex], entry.Offset, _logs[entry.FirstLog], entry.FirstOffset))]);
    }

    /// <summary>Tells the rows apart: new, held by the state already, or of a payment that was published before.</summary>
    private void Mark(PaymentBatch batch)
    {
        var hashes = batch.Text(TextField.PaymentId).Hash;
        _payments.Prefetch(hashes.AsSpan(0, batch.RowCount));
        for (var rowIndex = 0; rowIndex < batch.RowCount; rowIndex++)
        {
            var (logIndex, offset, timestampMs) = (batch.LogIndex[rowIndex], batch.Offset[rowIndex], batch.LogTimestampMs[rowIndex]);
            ref var next = ref _vector[logIndex];
            var isFolded = offset < next;
            batch.IsFolded[rowIndex] = isFolded;
            batch.IsDuplicate[rowIndex] = false;
            batch.FirstSequence[rowIndex] = -1;
            if (!isFolded)
            {
                next = offset + 1;
                _payments.Advance(logIndex, timestampMs);
            }

            if (batch.Kind[rowIndex] != RowKind.Payment)
            {
                batch.WatermarkMs[rowIndex] = _watermarkMs;
                continue;
            }

            // A payment from the future moves event time no further than the present, so it makes nobody's past look old.
            _watermarkMs = Math.Max(_watermarkMs, Math.Min(batch.EventTimeMs[rowIndex], timestampMs));
            batch.WatermarkMs[rowIndex] = _watermarkMs;
            if (isFolded)
            {
                MarkAgain(batch, rowIndex, hashes[rowIndex]);
                continue;
            }

            var isDuplicate = _payments.FindOrAdd(new IdempotencyIndex.Entry(hashes[rowIndex], offset, timestampMs, logIndex), out var first, out var sequence);
            batch.IsDuplicate[rowIndex] = isDuplicate;
            (batch.FirstSequence[rowIndex], batch.FirstLog[rowIndex], batch.FirstOffset[rowIndex]) = (sequence, first.LogIndex, first.Offset);
            if (isDuplicate)
            {
                _duplicates.Add(logIndex, offset, first.LogIndex, first.Offset);
                (batch.FirstLog[rowIndex], batch.FirstOffset[rowIndex]) = _duplicates.DecidedFirst(first.LogIndex, first.Offset);
            }
        }

        // Not before: what makes it whole is in this batch.
        _payments.AreWholeUntil(batch.WholeUntilMs);
    }

    /// <summary>
    /// A payment that the state holds is what it was when it was folded: by now its first record's window may be over, and asking the index
    /// again would give another answer.
    /// </summary>
    private void MarkAgain(PaymentBatch batch, int rowIndex, UInt128 hash)
    {
        var (logIndex, offset) = (batch.LogIndex[rowIndex], batch.Offset[rowIndex]);
        var isDuplicate = _duplicates.TryFind(logIndex, offset, out var firstLog, out var firstOffset);
        batch.IsDuplicate[rowIndex] = isDuplicate;
        var position = isDuplicate ? (firstLog, firstOffset) : (logIndex, offset);
        batch.FirstSequence[rowIndex] = _payments.TryFind(hash, out var first, out var sequence) && (first.LogIndex, first.Offset) == position ? sequence : -1;
        (batch.FirstLog[rowIndex], batch.FirstOffset[rowIndex]) = isDuplicate ? _duplicates.DecidedFirst(firstLog, firstOffset) : position;
    }
}
