using Microsoft.Extensions.Logging;
using StreamScoring.Batches;
using StreamScoring.Contracts;
using StreamScoring.Logs;
using StreamScoring.Signals;
using StreamScoring.State;

namespace StreamScoring.Quality;

/// <summary>
/// Joins what this process decided with labels as they come, and tells how good it was. One for a
/// process: what it holds outlives graphs and policies, and in a file the process.
/// </summary>
/// <remarks>
/// Labels are taken behind the fold, so that a snapshot of the state holds none that is not counted
/// here; decisions once they are acknowledged, so that what was never written does not count. Each
/// way is a ring, and a thread of its own empties both.
/// </remarks>
public sealed class QualityWatch : IDisposable
{
    /// <summary>Messages of one ring: of 0.3 seconds at 100,000 a second.</summary>
    internal const int MessagesMax = 32_768;

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan TellInterval = TimeSpan.FromSeconds(10);

    /// <summary>The thread does nothing that could take long.</summary>
    private static readonly TimeSpan EndMax = TimeSpan.FromSeconds(5);

    private readonly QualityOptions _options;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly string _scope;
    private readonly QualityMeters _meters;
    private readonly MessageRing<QualityMessage> _decisions = new(MessagesMax), _labels = new(MessagesMax);
    private readonly ManualResetEventSlim _isOver = new();
    private readonly Lock _gate = new();

    // Under the gate.
    private readonly Dictionary<(LogId Log, string? TopicId), LogMark> _marks = [];
    private QualityJoin _join;
    private DateTimeOffset _since;

    /// <summary>
    /// The last day of a process that ended without having written what it held; null where there
    /// is none.
    /// </summary>
    private int? _brokenOff;
    private long _missed;
    private Thread? _thread;
    private volatile bool _isBroken;

    /// <summary>Counted by their threads, read by any.</summary>
    private long _decisionsDropped, _labelsDropped;
    private long _droppedTold;

    /// <summary>Marks of the logs by index, of the thread that enriches and of the one that
    /// acknowledges.</summary>
    private (LogTable? Logs, LogMark[] Marks) _enriched = (null, []), _acknowledged = (null, []);

    /// <param name="scope">Of whose decisions: a file of another scope is not taken.</param>
    public QualityWatch(EngineMeter meter, QualityOptions options, string scope, TimeProvider clock, ILogger logger)
    {
        ArgumentNullException.ThrowIfNull(clock);
        (_options, _scope, _clock, _logger, _meters) = (options, scope, clock, logger, new QualityMeters(meter));
        (_join, _since) = (new QualityJoin(options), clock.GetUtcNow());
    }

    /// <summary>Takes a folded batch's labels. From the state's thread; it waits for
    /// nothing.</summary>
    internal void Enriched(PaymentBatch batch, LogTable logs)
    {
        for (var rowIndex = 0; rowIndex < batch.RowCount; rowIndex++)
        {
            if (batch.Kind[rowIndex] != RowKind.Label)
            {
                continue;
            }

            var message = new QualityMessage(
                MarksOf(ref _enriched, logs)[batch.LogIndex[rowIndex]], batch.Offset[rowIndex], PaymentKey.Of(batch.Text(TextField.PaymentId).Hash[rowIndex], batch.EventTimeMs[rowIndex]),
                batch.EventTimeMs[rowIndex], Outcome: null, batch.KnownAtMs[rowIndex], batch.Fraud[rowIndex], float.NaN, batch.WatermarkMs[rowIndex]);
            if (!_labels.TryWrite(message))
            {
                Volatile.Write(ref _labelsDropped, _labelsDropped + 1);
            }
        }
    }

    /// <summary>
    /// Takes the decisions of a batch that was acknowledged. Payments that came again do not count.
    /// By one thread; it waits for nothing.
    /// </summary>
    /// <param name="outcomes">Of the policy that decided it.</param>
    internal void Acknowledged(PaymentBatch batch, LogTable logs, OutcomeIndex outcomes)
    {
        foreach (var rowIndex in batch.DecideRows.AsSpan(0, batch.DecideCount))
        {
            if (batch.IsDuplicate[rowIndex])
            {
                continue;
            }

            var message = new QualityMessage(
                MarksOf(ref _acknowledged, logs)[batch.LogIndex[rowIndex]], batch.Offset[rowIndex], PaymentKey.Of(batch.Text(TextField.PaymentId).Hash[rowIndex], batch.EventTimeMs[rowIndex]),
                batch.EventTimeMs[rowIndex], outcomes.Of(batch, rowIndex), KnownAtMs: 0, IsFraud: false, (float)batch.Probability[rowIndex], batch.WatermarkMs[rowIndex]);
            if (!_decisions.TryWrite(message))
            {
                Volatile.Write(ref _decisionsDropped, _decisionsDropped + 1);
            }
        }
    }

    /// <summary>Counts from now on, on a thread of its own.</summary>
    public void Start()
    {
        _thread = new Thread(Run) { IsBackground = true, Name = "quality" };
        _thread.Start();
    }

    /// <summary>Counts what came since. From any thread.</summary>
    public void Count()
    {
        lock (_gate)
        {
            CountWaiting();
        }
    }

    /// <summary>Tells the metrics.</summary>
    public void Tell()
    {
        lock (_gate)
        {
            CountWaiting();
            _meters.Tell(_join, new QualityReporter(_join), _missed);
            var dropped = Volatile.Read(ref _decisionsDropped) + Volatile.Read(ref _labelsDropped);
            _meters.Dropped(dropped - _droppedTold);
            _droppedTold = dropped;
        }
    }

    /// <summary>How good decisions are by now. From any thread.</summary>
    /// <param name="daysMax">The newest days are told, at most so many.</param>
    public QualityReport Report(int daysMax = int.MaxValue)
    {
        lock (_gate)
        {
            CountWaiting();
            var reporter = new QualityReporter(_join);
            var recent = reporter.RecentDays;
            return new QualityReport(
                _since, _join.WatermarkMs == long.MinValue ? null : DateTimeOffset.FromUnixTimeMilliseconds(_join.WatermarkMs), _options.IsSilenceGenuine ? "genuine" : "unknown",
                _join.CompleteAfter?.TotalSeconds, reporter.DelayOf(isFraud: true), reporter.DelayOf(isFraud: false),
                new LabelCounts(
                    _join.LabelsThat(LabelOutcome.Joined), _join.LabelsThat(LabelOutcome.Corrected), _join.LabelsThat(LabelOutcome.Repeated), _join.LabelsThat(LabelOutcome.Superseded),
                    _join.LabelsThat(LabelOutcome.NotHeld), _join.LabelsJoinedLater, _join.Waiting, _join.LabelsThat(LabelOutcome.OtherDay), Volatile.Read(ref _labelsDropped), _missed),
                new HeldPayments(_join.Held, _options.PaymentsMax, _join.PaymentsOfOtherDays, Volatile.Read(ref _decisionsDropped)),
                recent.Count == 0 ? null : new RecentQuality([.. recent.Select(QualityReporter.NameOf)], reporter.Sum(recent).ToFigures()),
                reporter.Days(daysMax));
        }
    }

    /// <summary>Writes what is held, with all that was taken until now.</summary>
    /// <exception cref="IOException">It could not be written; what was there before
    /// stays.</exception>
    public void Save(ISnapshotStore store, string name)
    {
        ArgumentNullException.ThrowIfNull(store);
        if (_isBroken)
        {
            // What is held is half of something.
            return;
        }

        store.Write(name, stream =>
        {
            // Not while the store waits for the disk: what comes meanwhile waits in the rings.
            lock (_gate)
            {
                CountWaiting();
                QualityFile.Write(stream, _scope, _since, [.. _marks.Values.Where(mark => mark.Next > 0)], _join);
            }
        });
    }

    /// <summary>Goes on with what a process held; before anything is taken.</summary>
    /// <param name="hasEnded">Whether it had written all that it decided.</param>
    /// <returns>Why it does not; null where it does.</returns>
    public string? Restore(ISnapshotStore store, string name, bool hasEnded)
    {
        ArgumentNullException.ThrowIfNull(store);
        try
        {
            using var stream = store.Open(name);
            if (QualityFile.Read(stream, _scope, _options) is not { } file)
            {
                return "it is of another region or group, or its ids are hashed by another secret";
            }

            lock (_gate)
            {
                Invariant.Require(_marks.Count == 0);
                (_join, _since) = (file.Join, file.Since);
                foreach (var mark in file.Marks)
                {
                    _marks[(mark.Log, mark.TopicId)] = mark;
                }

                if (!hasEnded && _join.WatermarkMs != long.MinValue)
                {
                    var day = QualityJoin.DayOf(_join.WatermarkMs);
                    _brokenOff = day;
                    _join.NoteGap(day, day);
                }
            }

            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return e.Message;
        }
    }

    public void Dispose()
    {
        _isOver.Set();
        if (_thread is null || _thread.Join(EndMax))
        {
            _isOver.Dispose();
        }
    }

    private LogMark[] MarksOf(ref (LogTable? Logs, LogMark[] Marks) of, LogTable logs)
    {
        if (!ReferenceEquals(of.Logs, logs))
        {
            of = (logs, MarksOf(logs));
        }

        return of.Marks;
    }

    /// <summary>Of the first batch of a graph.</summary>
    private LogMark[] MarksOf(LogTable logs)
    {
        lock (_gate)
        {
            return [.. Enumerable.Range(0, logs.Count).Select(logIndex => MarkOf(logs[logIndex], logs.TopicIdOf(logIndex)))];
        }
    }

    private LogMark MarkOf(LogId log, string? topicId)
    {
        if (!_marks.TryGetValue((log, topicId), out var mark))
        {
            _marks[(log, topicId)] = mark = new LogMark(log, topicId);
        }

        return mark;
    }

    /// <summary>Decisions first: most labels then find theirs.</summary>
    private void CountWaiting()
    {
        while (_decisions.TryRead(out var message))
        {
            _join.Advance(message.WatermarkMs);
            if (message.Log.IsRestored && message.Offset > message.Log.Next && _brokenOff is { } day)
            {
                // This process or another decided what lies between; what this one decided of it is
                // not held.
                _join.NoteGap(day, QualityJoin.DayOf(message.EventTimeMs));
            }

            _join.Decide(message.Key, message.EventTimeMs, message.Outcome!, message.Probability);
            (message.Log.Next, message.Log.IsRestored) = (message.Offset + 1, false);
        }

        while (_labels.TryRead(out var message))
        {
            if (message.Offset < message.Log.Next)
            {
                // Folded again: after a restart, or where a partition was taken over.
                continue;
            }

            if (message.Log.IsRestored)
            {
                _missed += message.Offset - message.Log.Next;
            }

            _join.Advance(message.WatermarkMs);
            _join.Label(message.Key, message.EventTimeMs, message.KnownAtMs, message.IsFraud);
            (message.Log.Next, message.Log.IsRestored) = (message.Offset + 1, false);
        }
    }

    private void Run()
    {
        try
        {
            for (var toldAt = _clock.GetTimestamp(); !_isOver.Wait(Interval);)
            {
                Count();
                if (_clock.GetElapsedTime(toldAt) >= TellInterval)
                {
                    toldAt = _clock.GetTimestamp();
                    Tell();
                }
            }
        }
        catch (Exception e)
        {
            // Payments are decided without it. What comes from here on is dropped.
            _isBroken = true;
            _logger.QualityNotWatched(e.ToString());
        }
    }
}
