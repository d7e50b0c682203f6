namespace StreamScoring.Logs;

/// <summary>
/// Where the reader of a log stands: which record is next, from which on they are decided here, and
/// what it leaves out because it is gone. The rules of a reader without its client. All but what is
/// said to be for any thread is for the thread that takes.
/// </summary>
/// <param name="losses">Told what was deleted before it was read.</param>
public sealed class LogPlace(LogTable logs, int logIndex, PartitionOwnership ownership, RecordLosses losses)
{
    private const int InLog = 0, Lost = 1, Found = 2;

    private long _next;

    /// <summary>The log's first offset, as far as is known.</summary>
    private long _begin;

    /// <summary>
    /// Behind the furthest record that was taken, or that the state held at the start.
    /// </summary>
    private long _furthest;
    private long _decideFrom = PartitionOwnership.NotOwned;
    private int _place;

    /// <summary>Offset of the record that is read next. From any thread.</summary>
    public long Next => Volatile.Read(ref _next);

    /// <summary>
    /// The first offset that is decided here, as of the last batch;
    /// <see cref="PartitionOwnership.NotOwned"/> for none.
    /// </summary>
    public long DecideFrom => _decideFrom;

    /// <summary>
    /// True while the next record is not in the log, so that nothing comes of it:
    /// <see cref="GoOn"/> is waited for. From any thread.
    /// </summary>
    public bool IsLost => Volatile.Read(ref _place) == Lost;

    /// <summary>
    /// False while it is lost, and until the batch at which it goes on. From any thread.
    /// </summary>
    public bool IsInLog => Volatile.Read(ref _place) == InLog;

    /// <inheritdoc cref="PartitionOwnership.IsHeld"/>
    public bool IsHeld => ownership.IsHeld(logIndex);

    /// <summary>Before anything is read.</summary>
    public void StartAt(in LogStart start)
    {
        MoveNext(start.Next);
        (_begin, _furthest) = (start.Begin, Math.Max(start.Folded, start.Begin));
        losses.Unfolded(logs[logIndex], logs.TopicIdOf(logIndex), _begin, start.Folded);
    }

    /// <summary>The brokers do not have the next record.</summary>
    public void Lose() => Volatile.Write(ref _place, Lost);

    /// <summary>
    /// Tells a lost reader where its log begins: it goes on from there, or from where it stands.
    /// From any thread.
    /// </summary>
    public void GoOn(long begin)
    {
        Volatile.Write(ref _begin, begin);
        Volatile.Write(ref _place, Found);
    }

    /// <summary>
    /// Called before each batch: the one moment at which the place changes by itself.
    /// </summary>
    /// <returns>Where to read on from; -1 where it goes on from where it is.</returns>
    public long StartBatch()
    {
        var moveTo = -1L;
        if (Volatile.Read(ref _place) == Found)
        {
            Volatile.Write(ref _place, InLog);
            _furthest = Math.Max(_furthest, _next);
            losses.Unfolded(logs[logIndex], logs.TopicIdOf(logIndex), _begin, _furthest);
            NoteUndecided(Math.Max(_decideFrom, _next));
            moveTo = Math.Max(_next, _begin);
            MoveNext(moveTo);
        }

        var seen = _decideFrom;
        var back = ownership.RewindTo(logIndex, ref _decideFrom, _next, _begin);
        if (_decideFrom != seen)
        {
            NoteUndecided(_decideFrom);
        }

        if (back >= 0)
        {
            _furthest = Math.Max(_furthest, _next);
            moveTo = back;
            MoveNext(back);
        }

        return moveTo;
    }

    /// <inheritdoc cref="PartitionOwnership.TryBeginTake"/>
    public bool TryBeginTake(int countMax) => ownership.TryBeginTake(logIndex, ref _decideFrom, countMax);

    /// <summary>Notes that a record is taken.</summary>
    /// <returns>Whether it is to be decided.</returns>
    public bool Take(long offset)
    {
        Invariant.Require(offset >= _next);
        MoveNext(offset + 1);
        return offset >= _decideFrom;
    }

    /// <summary>
    /// Nothing comes of the log before this offset: what stands there is no record, as the mark of
    /// a transaction.
    /// </summary>
    public void SkipTo(long offset) => MoveNext(Math.Max(_next, offset));

    private void MoveNext(long next)
    {
        Volatile.Write(ref _next, next);
        if (logs.IsPolicy(logIndex))
        {
            ownership.Reached(logIndex, next);
        }
    }

    /// <param name="from">The first offset that is owed a decision;
    /// <see cref="PartitionOwnership.NotOwned"/> where none is, here.</param>
    private void NoteUndecided(long from)
    {
        if (logs.KindOf(logIndex) == LogKind.Payments && from != PartitionOwnership.NotOwned)
        {
            losses.Undecided(logs[logIndex], logs.TopicIdOf(logIndex), _begin, from);
        }
    }
}
