using StreamScoring.Batches;
using StreamScoring.Ingest;
using StreamScoring.Kafka.Native;
using StreamScoring.Regions;

namespace StreamScoring.Kafka;

/// <summary>
/// One partition, read through a librdkafka queue of its own. That queue is the bounded queue of the path: when nobody takes, the
/// fetcher stops at its limit, and no partition waits for another. A record is copied once, from the client's buffer into the batch.
/// </summary>
internal sealed unsafe class KafkaLogReader : ILogReader
{
    private const int MessagesMax = 256;

    private readonly nint _client;
    private readonly nint _queue;
    private readonly LogId _log;
    private readonly int _recordBytesMax;
    private readonly PartitionOwnership _ownership;
    private readonly LogCoverage _coverage;
    private readonly Action<LogId, int> _reportError;
    private readonly RecordLosses _losses;
    private readonly GoneRecords _unfolded = new();
    private readonly GoneRecords _undecided = new();
    private readonly nint[] _messages = GC.AllocateArray<nint>(MessagesMax, pinned: true);
    private int _head;
    private int _count;
    private long _next;
    private long _endSeenAt = -1;
    private long _decideFrom = PartitionOwnership.NotOwned;

    /// <summary>The log's first offset, as far as is known.</summary>
    private long _begin;

    /// <summary>Behind the furthest record that was taken, or that the state held at the start.</summary>
    private long _furthest;
    private int _place;
    private bool _isDisposed;

    /// <summary>Values of <see cref="_place"/>: where the next record stands, as the stage's thread and the client's tell each other.</summary>
    private const int InLog = 0, Lost = 1, Found = 2;

    /// <param name="queue">The partition's queue, cut off from the client's own; owned by this reader.</param>
    /// <param name="coverage">Told how far the log was taken.</param>
    /// <param name="losses">Told what was deleted before it was read.</param>
    public KafkaLogReader(
        nint client, nint queue, int logIndex, int recordBytesMax, PartitionOwnership ownership, LogCoverage coverage, RecordLosses losses, Action<LogId, int> reportError)
    {
        (_client, _queue, LogIndex, _log, _recordBytesMax, _ownership, _coverage, _losses, _reportError) =
            (client, queue, logIndex, coverage.Logs[logIndex], recordBytesMax, ownership, coverage, losses, reportError);
        IsFollowed = coverage.Logs.FollowedRegionOf(logIndex) is not null;
    }

    public bool IsFollowed { get; }

    /// <summary>Before anything is read: where reading starts.</summary>
    public void StartAt(in LogStart start)
    {
        Volatile.Write(ref _next, start.Next);
        (_begin, _furthest) = (start.Begin, Math.Max(start.Folded, start.Begin));
        _losses.Unfolded(_log, start.Begin, _unfolded.Note(start.Begin, start.Folded));
    }

    public int LogIndex { get; }

    /// <summary>Offset of the record that is read next.</summary>
    public long NextOffset => Volatile.Read(ref _next);

    /// <summary>True while the next record is not in the log, so that nothing comes of it: <see cref="GoOn"/> is waited for. From any thread.</summary>
    public bool IsLost => Volatile.Read(ref _place) == Lost;

    /// <summary>Tells a lost reader where its log begins: it goes on from there, or from where it stands. From any thread.</summary>
    public void GoOn(long begin)
    {
        Volatile.Write(ref _begin, begin);
        Volatile.Write(ref _place, Found);
    }

    /// <summary>Records that are fetched and not yet taken. Asked from any thread, until the reader is disposed.</summary>
    public long QueuedRecords => (long)Librdkafka.rd_kafka_queue_length(_queue) + Math.Max(0, Volatile.Read(ref _count) - Volatile.Read(ref _head));

    public bool IsAtEnd
    {
        get
        {
            if (TryPeek(out _) || Volatile.Read(ref _place) != InLog)
            {
                return false;
            }

            long low, high;
            // The high watermark comes with every fetch, so a log that was just drained is known to be at its end at once; the end
            // event, which a broker holds back for fetch.wait.max.ms, is needed only behind transaction markers.
            return _endSeenAt == _next
                || (Librdkafka.rd_kafka_get_watermark_offsets(_client, _log.Topic, _log.Partition, &low, &high) == 0 && high >= 0 && high <= _next);
        }
    }

    public void StartBatch()
    {
        if (Volatile.Read(ref _place) == Found)
        {
            GoOnWhereItBegins();
        }

        var seen = _decideFrom;
        var offset = _ownership.RewindTo(LogIndex, ref _decideFrom, _next, _begin);
        if (_decideFrom != seen)
        {
            NoteUndecided(_decideFrom);
        }

        if (offset >= 0)
        {
            Rewind(offset);
        }
    }

    public bool TryPeek(out long timestampMs)
    {
        while (_head < _count || Refill())
        {
            var message = Head;
            if (message->Error == Librdkafka.NoError && IsFollowed && message->Offset < _next)
            {
                // Of another region's topic that was made anew: no reason to stop deciding here.
                Volatile.Write(ref _place, Lost);
            }
            else if (message->Error == Librdkafka.NoError)
            {
                int type;
                timestampMs = Librdkafka.rd_kafka_message_timestamp(message, &type);
                return true;
            }

            else if (message->Error == Librdkafka.PartitionEof)
            {
                _endSeenAt = message->Offset;
                _next = Math.Max(_next, message->Offset);
            }
            else if (LogErrors.IsPlaceLost(message->Error))
            {
                Volatile.Write(ref _place, Lost);
            }
            else
            {
                _reportError(_log, message->Error);
            }

            DropHead();
        }

        timestampMs = 0;
        return false;
    }

    public int TakeInto(PaymentBatch batch, long throughTimestampMs, int rowsMax)
    {
        var (taken, toDecide, takenMs) = (0, 0, long.MinValue);
        var isBegun = _ownership.TryBeginTake(LogIndex, ref _decideFrom, rowsMax);
        while (taken < rowsMax && TryPeek(out var timestampMs) && timestampMs <= throughTimestampMs)
        {
            var message = Head;
            Invariant.Require(message->Offset >= _next);
            var value = new ReadOnlySpan<byte>(message->Payload, checked((int)message->Length));
            var decide = message->Offset >= _decideFrom;
            batch.Append(LogIndex, message->Offset, timestampMs, decide, value, _recordBytesMax);
            Volatile.Write(ref _next, message->Offset + 1);
            DropHead();
            taken++;
            toDecide += decide ? 1 : 0;
            takenMs = timestampMs;
        }

        _coverage.Covered(LogIndex, takenMs);

        if (isBegun)
        {
            _ownership.Took(LogIndex, toDecide - rowsMax);
        }

        return taken;
    }

    public void Dispose()
    {
        if (_isDisposed)
        {
            return;
        }

        _isDisposed = true;
        DropAll();
        Librdkafka.rd_kafka_queue_cb_event_enable(_queue, null, 0);
        Librdkafka.rd_kafka_queue_destroy(_queue);
    }

    private Librdkafka.Message* Head => (Librdkafka.Message*)_messages[_head];

    private void GoOnWhereItBegins()
    {
        Volatile.Write(ref _place, InLog);
        _furthest = Math.Max(_furthest, _next);
        _losses.Unfolded(_log, _begin, _unfolded.Note(_begin, _furthest));
        NoteUndecided(Math.Max(_decideFrom, _next));
        Rewind(Math.Max(_next, _begin));
    }

    /// <param name="from">The first offset that is owed a decision; <see cref="PartitionOwnership.NotOwned"/> where none is, here.</param>
    private void NoteUndecided(long from)
    {
        if (_coverage.Logs.KindOf(LogIndex) == LogKind.Payments && from != PartitionOwnership.NotOwned)
        {
            _losses.Undecided(_log, _begin, _undecided.Note(_begin, from));
        }
    }

    /// <summary>Reads on from another offset. What the client fetched beyond it is thrown away, by it and by us.</summary>
    private void Rewind(long offset)
    {
        DropAll();
        _furthest = Math.Max(_furthest, _next);
        Librdkafka.Seek(_client, _log.Topic, _log.Partition, offset);
        Volatile.Write(ref _next, offset);
        _endSeenAt = -1;
    }

    private void DropAll()
    {
        while (_head < _count)
        {
            DropHead();
        }
    }

    private void DropHead() => Librdkafka.rd_kafka_message_destroy((Librdkafka.Message*)_messages[_head++]);

    private bool Refill()
    {
        fixed (nint* messages = _messages)
        {
            var count = Librdkafka.rd_kafka_consume_batch_queue(_queue, 0, (Librdkafka.Message**)messages, MessagesMax);
            (_head, _count) = (0, (int)Math.Max(count, 0));
        }

        return _count > 0;
    }
}
