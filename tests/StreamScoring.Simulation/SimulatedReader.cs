using StreamScoring.Batches;
using StreamScoring.Ingest;
using StreamScoring.Logs;

namespace StreamScoring.Simulation;

/// <summary>
/// A log as one process sees it: what was fetched of it so far, and the end that was known when its
/// brokers last answered. It goes back like the reader on Kafka where the log becomes owned.
/// </summary>
/// <param name="place">Where it stands.</param>
/// <param name="coverage">Told how far the log was taken.</param>
internal sealed class SimulatedReader(
    SimulationContext context, int logIndex, LogStart start, LogPlace place, PartitionOwnership ownership, LogCoverage coverage) : ILogReader
{
    private readonly LogId _id = context.Cluster.Logs[logIndex];
    private readonly SimulatedLog _log = context.Cluster.Input(context.Cluster.Logs[logIndex]);
    private readonly LookAhead _ahead = new();
    private long _fetched = start.Next;
    private long _endKnown = -1;
    private (long End, long AskedAtMs)? _asked;

    public int LogIndex => logIndex;

    public bool IsHeld => place.IsHeld;

    public long NextOffset => place.Next;

    public ReadOnlySpan<byte> NextValue => _log.Records[(int)place.Next].Value;

    public long NextTimestampMs => _log.Records[(int)place.Next].TimestampMs;

    public bool IsFollowed => coverage.Logs.FollowedRegionOf(logIndex) is not null;

    /// <summary>All that is in the log is read, and it is not about to go back.</summary>
    public bool IsDone => place.Next == _log.Records.Count && place.DecideFrom == ownership.DecideFrom(logIndex) && _log == context.Cluster.Input(_id);

    public bool IsAtEnd
    {
        get
        {
            NoteEnd();
            return place.IsInLog && place.Next == _fetched && _endKnown >= 0 && place.Next >= _endKnown;
        }
    }

    /// <summary>The broker hands over some more records.</summary>
    public void Fetch(int count)
    {
        if (!context.CanRead(_id))
        {
            return;
        }

        NoteEnd();
        if (_fetched >= _log.Begin)
        {
            _fetched = Math.Min(_fetched + count, _log.Records.Count);
        }
        else if (place.Next == _fetched)
        {
            // As on Kafka: what was fetched before is taken, and then nothing comes until it is
            // asked where the log begins.
            place.Lose();
            place.GoOn(_log.Begin);
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

    /// <summary>Before it is read.</summary>
    public SimulatedReader Start()
    {
        place.StartAt(start);
        return this;
    }

    public void StartBatch()
    {
        if (place.StartBatch() is >= 0 and var offset)
        {
            _fetched = offset;
        }

        Look();
    }

    public bool TryPeek(out long mergeMs)
    {
        if (_ahead.Count == 0)
        {
            Look();
        }

        mergeMs = place.Next < _fetched ? _ahead.NextMs : 0;
        return place.Next < _fetched;
    }

    public int TakeInto(PaymentBatch batch, long throughMs, int rowsMax)
    {
        var (taken, toDecide) = (0, 0);
        var isBegun = place.TryBeginTake(rowsMax);
        for (; taken < rowsMax && TryPeek(out var mergeMs) && mergeMs <= throughMs; taken++)
        {
            var offset = place.Next;
            var timestampMs = _log.Records[(int)offset].TimestampMs;
            _ahead.Take();
            var decide = place.Take(offset);
            batch.Append(logIndex, offset, timestampMs, decide, _log.Records[(int)offset].Value, int.MaxValue);
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

    public override string ToString() => $"{logIndex}:{place.Next}/{_log.Records.Count}";

    public void Dispose()
    {
    }

    private void Look() =>
        _ahead.Fill([.. Enumerable.Range((int)place.Next, (int)Math.Clamp(_fetched - place.Next, 0, LookAhead.RecordsMax)).Select(offset => _log.Records[offset].TimestampMs)]);

    private void NoteEnd()
    {
        if (context.CanRead(_id))
        {
            _endKnown = _log.Records.Count;
        }
    }

    private void NoteCovered()
    {
        if (_asked is var (end, askedAtMs) && place.Next >= end)
        {
            coverage.Covered(logIndex, askedAtMs);
        }
    }
}
