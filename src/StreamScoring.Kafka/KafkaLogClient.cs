using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Confluent.Kafka;
using StreamScoring.KafkaClients;
using StreamScoring.KafkaClients.Native;
using StreamScoring.Logs;

namespace StreamScoring.Kafka;

/// <summary>
/// One client that reads some logs of one set of brokers, each through a queue of its own. Whatever
/// happens to these brokers concerns these logs alone.
/// </summary>
internal sealed unsafe class KafkaLogClient : IDisposable
{
    private readonly LogTable _logs;
    private readonly Action _wake;
    private readonly Action<LogId, int> _report;
    private readonly LogId _all;
    private readonly nint _client;
    private readonly List<KafkaLogReader> _readers = [];
    private readonly Lock _lock = new();
    private GCHandle _self;

    /// <param name="group">Named in the brokers' logs; nothing is committed for it.</param>
    /// <param name="wake">Called from any thread when something was fetched.</param>
    /// <param name="report">Told errors by librdkafka's codes; of the client as a whole with
    /// partition -1.</param>
    public KafkaLogClient(KafkaConnection connection, string group, KafkaLogSourceOptions options, LogTable logs, Action wake, Action<LogId, int> report)
    {
        (_logs, _wake, _report, _all) = (logs, wake, report, new LogId(connection.Region, "", -1));
        _self = GCHandle.Alloc(this);
        _client = NativeClients.New(Librdkafka.ConsumerType, connection.Settings(
            ("group.id", group),
            ("enable.auto.commit", "false"),
            ("enable.auto.offset.store", "false"),
            ("enable.partition.eof", "true"),
            // Where an offset is gone, the client stops and says so; where to go on is for
            // LostReaders.
            ("auto.offset.reset", "error"),
            ("queued.min.messages", "100000"),
            ("queued.max.messages.kbytes", $"{options.QueueKilobytesMax}"),
            ("fetch.message.max.bytes", $"{Math.Min(options.QueueKilobytesMax * 1024L, 1_048_576)}"),
            ("fetch.queue.backoff.ms", "10"),
            ("fetch.wait.max.ms", $"{(int)options.FetchWaitMax.TotalMilliseconds}")));
        _ = Librdkafka.rd_kafka_poll_set_consumer(_client);
    }

    /// <summary>
    /// Where a log begins and ends. Asked by the client that will read it: so it knows the leaders
    /// by then, and its first fetch need not wait for the next of its looks at them, which come
    /// once a second.
    /// </summary>
    /// <exception cref="KafkaException">No broker answers in time, or the topic is
    /// missing.</exception>
    public WatermarkOffsets WatermarksOf(int logIndex, TimeSpan timeout)
    {
        var log = _logs[logIndex];
        return OffsetLookup.WhileLeadersChange(
            () =>
            {
                long low, high;
                var error = Librdkafka.rd_kafka_query_watermark_offsets(_client, log.Topic, log.Partition, &low, &high, (int)timeout.TotalMilliseconds);
                return error == Librdkafka.NoError ? new WatermarkOffsets(low, high) : throw new KafkaException((ErrorCode)error);
            }, timeout);
    }

    /// <summary>Makes the queues of logs and their readers; nothing is read yet.</summary>
    /// <param name="read">The logs, by index.</param>
    /// <param name="newReader">Makes the reader of a log from its queue.</param>
    public void Prepare(IReadOnlyList<int> read, Func<nint, nint, int, KafkaLogReader> newReader)
    {
        lock (_lock)
        {
            foreach (var logIndex in read)
            {
                // Cut off from the client's own queue before the assignment, so that no record ever
                // goes there.
                var queue = Librdkafka.rd_kafka_queue_get_partition(_client, _logs[logIndex].Topic, _logs[logIndex].Partition);
                Librdkafka.rd_kafka_queue_forward(queue, 0);
                Librdkafka.rd_kafka_queue_cb_event_enable(queue, &OnQueueFilled, GCHandle.ToIntPtr(_self));
                _readers.Add(newReader(_client, queue, logIndex));
            }
        }
    }

    /// <summary>Starts to read what was prepared; once.</summary>
    /// <param name="starts">In the order of the logs.</param>
    /// <returns>The readers.</returns>
    /// <exception cref="KafkaFailedException">The client refuses.</exception>
    public IReadOnlyList<KafkaLogReader> Open(IReadOnlyList<LogStart> starts)
    {
        var list = Librdkafka.rd_kafka_topic_partition_list_new(starts.Count);
        foreach (var (reader, start) in _readers.Zip(starts))
        {
            var log = _logs[reader.LogIndex];
            reader.Place.StartAt(start);
            Librdkafka.rd_kafka_topic_partition_list_add(list, log.Topic, log.Partition);
            Librdkafka.rd_kafka_topic_partition_list_set_offset(list, log.Topic, log.Partition, start.Next);
        }

        var error = Librdkafka.rd_kafka_assign(_client, list);
        Librdkafka.rd_kafka_topic_partition_list_destroy(list);
        return error == Librdkafka.NoError ? _readers
            : throw new KafkaFailedException($"{_all.Region}: the partitions cannot be read: {Librdkafka.Describe(error)}");
    }

    /// <summary>Serves the client's events for so long.</summary>
    public void ServeEvents(TimeSpan time)
    {
        var message = Librdkafka.rd_kafka_consumer_poll(_client, (int)time.TotalMilliseconds);
        if (message != null)
        {
            _report(_all, message->Error);
            Librdkafka.rd_kafka_message_destroy(message);
        }
    }

    /// <summary>Nobody may use the readers any more.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            _readers.ForEach(reader => reader.Dispose());
            _readers.Clear();
        }

        _ = Librdkafka.rd_kafka_consumer_close(_client);
        Librdkafka.rd_kafka_destroy(_client);
        _self.Free();
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void OnQueueFilled(nint client, nint opaque) => ((KafkaLogClient)GCHandle.FromIntPtr(opaque).Target!)._wake();
}
