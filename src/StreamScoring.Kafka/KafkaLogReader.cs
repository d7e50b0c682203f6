using StreamScoring.Batches;
using StreamScoring.Ingest;
using StreamScoring.KafkaClients.Native;
using StreamScoring.Logs;

namespace StreamScoring.Kafka;

/// <summary>
/// One partition, read through a librdkafka queue of its own. That queue is the bounded queue of
/// the path: when nobody takes, the fetcher stops at its limit, and no partition waits for another.
/// A record is copied once, from the client's buffer into the batch.
/// </summary>
internal sealed unsafe class KafkaLogReader : ILogReader
{
    private const int MessagesMax = 2 * LookAhead.RecordsMax;

    private readonly nint _client;
    private readonly nint _queue;
    private readonly LogId _log;
    private readonly int _recordBytesMax;
    private readonly PartitionOwnership _ownership;
    private readonly LogCoverage _coverage;
    private readonly Action<LogId, int> _reportError;
    private readonly (long Offset, long Ms) _until;
    private readonly long _fromMs;
    private readonly LogPlace _place;
    private readonly nint[] _messages = GC.AllocateArray<nint>(MessagesMax, pinned: true);
    private readonly long[] _timestampsMs = new long[MessagesMax];
    private readonly LookAhead _ahead = new(MessagesMax);
    private int _head;
    private int _count;
    private readonly LogKind _kind;
    private byte[] _keyed = [];
    private long _endSeenAt = -1;

    /// <summary>The next record lies behind the range.</summary>
    private bool _isThrough;
    private bool _isDisposed;

    /// <param name="queue">The partition's queue, cut off from the client's own; owned by this
    /// reader.</param>
    /// <param name="losses">Told what was deleted before it was read.</param>
    public KafkaLogReader(
        nint client, nint queue, int logIndex, KafkaLogSourceOptions options, PartitionOwnership ownership, RecordLosses losses, Action<LogId, int> reportError)
    {
        var coverage = options.Coverage;
        (_client, _queue, LogIndex, _log, _recordBytesMax, _ownership, _coverage, _reportError) =
            (client, queue, logIndex, coverage.Logs[logIndex], options.RecordBytesMax, ownership, coverage, reportError);
        (_until, _fromMs) = options.Range is { } range ? ((range.End[logIndex], range.UntilMs), range.FromMs) : ((long.MaxValue, long.MaxValue), long.MinValue);
        _place = new LogPlace(coverage.Logs, logIndex, ownership, losses);
        (IsFollowed, _kind) = (coverage.Logs.FollowedRegionOf(logIndex) is not null, coverage.Logs.KindOf(logIndex));
    }

    public bool IsFollowed { get; }

    public bool IsHeld => _place.IsHeld;

    long ILogReader.NextOffset => Head->Offset;

    ReadOnlySpan<byte> ILogReader.NextValue => PayloadOf(Head);

    long ILogReader.NextTimestampMs => _timestampsMs[_head];

    /// <summary>Where it stands.</summary>
    public LogPlace Place => _place;

    public int LogIndex { get; }

    /// <summary>Offset of the record that is read next.</summary>
    public long NextOffset => _place.Next;

    /// <summary>
    /// Records that are fetched and not yet taken. Asked from any thread, until the reader is
    /// disposed.
    /// </summary>
    public long QueuedRecords => (long)Librdkafka.rd_kafka_queue_length(_queue) + Math.Max(0, Volatile.Read(ref _count) - Volatile.Read(ref _head));

    public bool IsAtEnd
    {
        get
        {
            if (TryPeek(out _) || !_place.IsInLog)
            {
                return false;
            }

            if (_isThrough || NextOffset >= _until.Offset)
            {
                return true;
            }

            long low, high;
            // The high watermark comes with every fetch, so a log that was just drained is known to
            // be at its end at once; the end event, which a broker holds back for
            // fetch.wait.max.ms, is needed only behind transaction markers.
            return _endSeenAt == NextOffset
                || (Librdkafka.rd_kafka_get_watermark_offsets(_client, _log.Topic, _log.Partition, &low, &high) == 0 && high >= 0 && high <= NextOffset);
        }
    }

    public void StartBatch()
    {
        if (_place.StartBatch() is >= 0 and var offset)
        {
            MoveTo(offset);
        }

        if (_count - _head < LookAhead.RecordsMax)
        {
            Refill();
        }
    }

    public bool TryPeek(out long mergeMs)
    {
        while (_head < _count || Refill())
        {
            var message = Head;
            if (message->Error == Librdkafka.NoError && IsFollowed && message->Offset < NextOffset)
            {
                // Of another region's topic that was made anew: no reason to stop deciding here.
                _place.Lose();
            }
            else if (message->Error == Librdkafka.NoError)
            {
                mergeMs = _ahead.NextMs;
                _isThrough = message->Offset >= _until.Offset || mergeMs >= _until.Ms;
                return !_isThrough;
            }

            else if (message->Error == Librdkafka.PartitionEof)
            {
                _endSeenAt = message->Offset;
                _place.SkipTo(message->Offset);
            }
            else if (LogErrors.IsPlaceLost(message->Error))
            {
                _place.Lose();
            }
            else
            {
                _reportError(_log, message->Error);
            }

            _ahead.Skip();
            DropHead();
        }

        mergeMs = 0;
        return false;
    }

    public int TakeInto(PaymentBatch batch, long throughMs, int rowsMax)
    {
        var (taken, toDecide) = (0, 0);
        var isBegun = _place.TryBeginTake(rowsMax);
        while (taken < rowsMax && TryPeek(out var mergeMs) && mergeMs <= throughMs)
        {
            var message = Head;
            var timestampMs = _timestampsMs[_head];
            var decide = _place.Take(message->Offset) && timestampMs >= _fromMs && timestampMs < _until.Ms;
            switch (_kind)
            {
                case LogKind.Control:
                    // It was read before it was taken.
                    batch.Append(LogIndex, message->Offset, timestampMs, decide, [], 0);
                    break;
                case LogKind.Lists:
                    batch.Append(LogIndex, message->Offset, timestampMs, decide, WithKey(message), _recordBytesMax);
                    break;
                default:
                    batch.Append(LogIndex, message->Offset, timestampMs, decide, PayloadOf(message), _recordBytesMax);
                    break;
            }

            _ahead.Take();
            DropHead();
            taken++;
            toDecide += decide ? 1 : 0;
            _coverage.Took(LogIndex, timestampMs);
        }

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

    private static ReadOnlySpan<byte> PayloadOf(Librdkafka.Message* message) => new(message->Payload, checked((int)message->Length));

    /// <summary>An entry of a list is told by its key, also where it has no value.</summary>
    private ReadOnlySpan<byte> WithKey(Librdkafka.Message* message)
    {
        var (key, payload) = (checked((int)message->KeyLength), checked((int)message->Length));
        if (_keyed.Length < key + payload)
        {
            _keyed = new byte[Math.Max(1024, 2 * (key + payload))];
        }

        new ReadOnlySpan<byte>(message->Key, key).CopyTo(_keyed);
        PayloadOf(message).CopyTo(_keyed.AsSpan(key));
        return _keyed.AsSpan(0, key + payload);
    }

    private Librdkafka.Message* Head => (Librdkafka.Message*)_messages[_head];

    /// <summary>
    /// Reads on from another offset. What the client fetched beyond it is thrown away, by it and by
    /// us.
    /// </summary>
    private void MoveTo(long offset)
    {
        DropAll();
        NativeClients.Seek(_client, _log.Topic, _log.Partition, offset);
        _endSeenAt = -1;
    }

    private void DropAll()
    {
        while (_head < _count)
        {
            DropHead();
        }

        _ahead.Clear();
    }

    private void DropHead() => Librdkafka.rd_kafka_message_destroy((Librdkafka.Message*)_messages[_head++]);

    /// <summary>Takes over what was fetched, behind what is left of before.</summary>
    /// <returns>False where there is nothing.</returns>
    private bool Refill()
    {
        var left = _count - _head;
        if (_head > 0)
        {
            Array.Copy(_messages, _head, _messages, 0, left);
            Array.Copy(_timestampsMs, _head, _timestampsMs, 0, left);
            (_head, _count) = (0, left);
        }

        fixed (nint* messages = _messages)
        {
            var came = Librdkafka.rd_kafka_consume_batch_queue(_queue, 0, (Librdkafka.Message**)messages + left, (nuint)(MessagesMax - left));
            _count += (int)Math.Max(came, 0);
        }

        for (var i = left; i < _count; i++)
        {
            var message = (Librdkafka.Message*)_messages[i];
            int type;
            _timestampsMs[i] = message->Error == Librdkafka.NoError ? Librdkafka.rd_kafka_message_timestamp(message, &type) : long.MaxValue;
        }

        _ahead.Fill(_timestampsMs.AsSpan(0, _count));
        return _count > 0;
    }
}
