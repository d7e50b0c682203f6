using StreamScoring.Batches;
using StreamScoring.Ingest;
using StreamScoring.Regions;

namespace StreamScoring.Simulation;

/// <summary>
/// A log as one process sees it: what was fetched of it so far, and the end that was known when its brokers last answered. It goes back like
/// the reader on Kafka where the log becomes owned.
/// </summary>
/// <param name="coverage">Told how far the log was taken.</param>
internal sealed class SimulatedReader(
    SimulationContext context, int logIndex, long start, PartitionOwnership ownership, LogCoverage coverage) : ILogReader
{
    private readonly LogId _id = context.Cluster.Logs[logIndex];
    private readonly SimulatedLog _log = context.Cluster.Input(context.Cluster.Logs[logIndex]);
    private readonly LookAhead _ahead = new();
    private long _next = start;
    private long _fetched = start;
    private long _endKnown = -1;
    private (long End, long AskedAtMs)? _asked;
    private long _decideFrom = PartitionOwnership.NotOwned;

    public int LogIndex => logIndex;

    public bool IsFollowed => coverage.Logs.FollowedRegionOf(logIndex) is not null;

    /// <summary>All that is in the log is read, and it is not about to go back.</summary>
    public bool IsDone => _next == _log.Records.Count && _decideFrom == ownership.DecideFrom(logIndex);

    public bool IsAtEnd
    {
        get
        {
            NoteEnd();
            return _next == _fetched && _endKnown >= 0 && _next >= _endKnown;
        }
    }

    /// <summary>The broker hands over some more records.</summary>
    public void Fetch(int count)
    {
        if (context.CanRead(_id))
        {
            _fetched = Math.Min(_fetched + count, _log.Records.Count);
            NoteEnd();
        }
    }

    /// <summary>Asks for the end. The end of a mirror says nothing about what it mirrors.</summary>
    public void AskEnd()
    {
        if (context.CanRead(_id) && !context.IsMirrored(logIndex))
        {
            _asked = (_log.Records.Count, context.Clock.NowMs);
        }

        NoteCovered();
    }

    public void StartBatch()
    {
        if (ownership.RewindTo(logIndex, ref _decideFrom, _next) is >= 0 and var offset)
        {
            (_next, _fetched) = (offset, offset);
        }

        Look();
    }

    public bool TryPeek(out long mergeMs)
    {
        if (_ahead.Count == 0)
        {
            Look();
        }

        mergeMs = _next < _fetched ? _ahead.NextMs : 0;
        return _next < _fetched;
    }

    public int TakeInto(PaymentBatch batch, long throughMs, int rowsMax)
    {
        var (taken, toDecide) = (0, 0);
        var isBegun = ownership.TryBeginTake(logIndex, ref _decideFrom, rowsMax);
        for (; taken < rowsMax && TryPeek(out var mergeMs) && mergeMs <= throughMs; taken++, _next++)
        {
            var timestampMs = _log.Records[(int)_next].TimestampMs;
            _ahead.Take();
            var decide = _next >= _decideFrom;
            batch.Append(logIndex, _next, timestampMs, decide, _log.Records[(int)_next].Value, int.MaxValue);
            toDecide += decide ? 1 : 0;
            coverage.Took(logIndex, timestampMs);
        }

        NoteCovered();
        if (isBegun)
        {
            ownership.Took(logIndex, toDecide - rowsMax);
        }

        return taken;
    }

    public override string ToString() => $"{logIndex}:{_next}/{_log.Records.Count}";

    public void Dispose()
    {
    }

    private void Look() =>
        _ahead.Fill([.. Enumerable.Range((int)_next, (int)Math.Min(_fetched - _next, LookAhead.RecordsMax)).Select(offset => _log.Records[offset].TimestampMs)]);

    private void NoteEnd()
    {
        if (context.CanRead(_id))
        {
            _endKnown = _log.Records.Count;
        }
    }

    private void NoteCovered()
    {
        if (_asked is var (end, askedAtMs) && _next >= end)
        {
            coverage.Covered(logIndex, askedAtMs);
        }
    }
}
