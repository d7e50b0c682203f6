using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using StreamScoring.Ingest;
using StreamScoring.Kafka.Native;
using StreamScoring.Regions;

namespace StreamScoring.Kafka;

/// <summary>
/// The port on a region's Kafka. One client reads all logs, owned and followed alike, each through a queue of its own and from its
/// beginning; a second one is a member of the consumer group and says which partitions are owned. So owning is a flag on a log that is
/// read anyway. Thread by thread: librdkafka fetches; the graph's stage takes; one thread here serves the client's events, and
/// <see cref="GroupMembership"/> has another.
/// </summary>
public sealed unsafe class KafkaLogSource : ILogSource
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(100);

    private readonly KafkaConnection _connection;
    private readonly KafkaLogSourceOptions _options;
    private readonly Action<string> _log;
    private readonly PartitionOwnership _ownership;
    private readonly GroupMembership? _membership;
    private readonly DecidedTail _tail;
    private readonly Dictionary<(string Topic, int Partition), int> _lastError = [];
    private readonly Thread _thread;
    private volatile List<ILogReader> _readers = [];
    private GCHandle _self;
    private nint _client;
    private Action _wake = () => { };
    private Action<Exception> _failed = _ => { };
    private volatile bool _isStopping;

    /// <param name="logs">All logs that are read: the region's payments and labels.</param>
    /// <param name="log">Told what operators should know: an outage, a rebalance.</param>
    public KafkaLogSource(KafkaConnection connection, KafkaLogSourceOptions options, LogTable logs, Action<string> log)
    {
        (_connection, _options, Logs, _log) = (connection, options, logs, log);
        _ownership = new PartitionOwnership(logs);
        _tail = new DecidedTail(connection, options);
        if (options.Group is { } group)
        {
            _membership = new GroupMembership(connection, options.Payments, group, logs, _ownership, _tail, OnOwnershipMoved, log);
        }

        _thread = new Thread(ServeEvents) { IsBackground = true, Name = $"kafka {connection.Region}" };
    }

    public LogTable Logs { get; }

    public IReadOnlyList<ILogReader> Readers => _readers;

    public bool IsCompleted => false;

    /// <summary>True once logs are being read and it is known what this process owns.</summary>
    public bool IsReady => _readers.Count > 0;

    /// <summary>Logs that this process owns now.</summary>
    public IEnumerable<LogId> Owned => Enumerable.Range(0, Logs.Count).Where(_ownership.IsOwned).Select(logIndex => Logs[logIndex]);

    public void Start(Action wake, Action<Exception> failed)
    {
        (_wake, _failed) = (wake, failed);
        _thread.Start();
    }

    public void Commit(int logIndex, long nextOffset) => _ownership.Acknowledged(logIndex, nextOffset);

    /// <summary>By log: how many records are in it beyond those taken, as far as is known; for the lag metric.</summary>
    public IEnumerable<(LogId Log, long Records)> Lag()
    {
        foreach (var reader in _readers.Cast<KafkaLogReader>())
        {
            var log = Logs[reader.LogIndex];
            if (Watermarks(log) is { High: >= 0 } watermarks)
            {
                yield return (log, Math.Max(0, watermarks.High - reader.NextOffset));
            }
        }
    }

    public void Dispose()
    {
        _isStopping = true;
        if (_thread.IsAlive)
        {
            _thread.Join();
        }

        _membership?.Dispose();
        if (_client != 0)
        {
            foreach (var reader in _readers)
            {
                reader.Dispose();
            }

            _readers = [];
            _ = Librdkafka.rd_kafka_consumer_close(_client);
            Librdkafka.rd_kafka_destroy(_client);
            _client = 0;
        }

        if (_self.IsAllocated)
        {
            _self.Free();
        }
    }

    private void ServeEvents()
    {
        try
        {
            // What is owned must be known before the first record is taken: a record that was only folded cannot be decided later.
            var owned = _membership?.JoinAndWait(_options.StartTimeout, () => _isStopping) ?? OwnAll();
            if (_isStopping)
            {
                return;
            }

            Open(owned);
            _wake();
            while (!_isStopping)
            {
                if (_membership?.Failure is { } failure)
                {
                    throw failure;
                }

                var message = Librdkafka.rd_kafka_consumer_poll(_client, (int)PollInterval.TotalMilliseconds);
                if (message != null)
                {
                    ReportError(new LogId(_connection.Region, "", -1), message->Error);
                    Librdkafka.rd_kafka_message_destroy(message);
                }
            }
        }
        catch (Exception e)
        {
            _failed(e);
        }
    }

    private List<int> OwnAll()
    {
        var partitions = Enumerable.Range(0, Logs.Count).Where(logIndex => Logs.KindOf(logIndex) == LogKind.Payments).Select(logIndex => Logs[logIndex].Partition).ToList();
        _tail.TakeOver(partitions, Logs, _ownership);
        return partitions;
    }

    private void Open(IReadOnlyCollection<int> owned)
    {
        _self = GCHandle.Alloc(this);
        _client = Librdkafka.NewClient(Librdkafka.ConsumerType, _connection.Settings(
            ("group.id", (_options.Group ?? "scoring") + "-data"),
            ("enable.auto.commit", "false"),
            ("enable.auto.offset.store", "false"),
            ("enable.partition.eof", "true"),
            ("auto.offset.reset", "error"),
            ("queued.min.messages", "100000"),
            ("queued.max.messages.kbytes", $"{_options.QueueKilobytesMax}"),
            ("fetch.message.max.bytes", $"{Math.Min(_options.QueueKilobytesMax * 1024L, 1_048_576)}"),
            ("fetch.queue.backoff.ms", "10"),
            ("fetch.wait.max.ms", $"{(int)_options.FetchWaitMax.TotalMilliseconds}")));
        _ = Librdkafka.rd_kafka_poll_set_consumer(_client);

        var starts = LogStarts.Find(_connection, Logs, _options.StartTimeout);
        var readers = new List<ILogReader>();
        var list = Librdkafka.rd_kafka_topic_partition_list_new(Logs.Count);
        for (var logIndex = 0; logIndex < Logs.Count; logIndex++)
        {
            var log = Logs[logIndex];
            if (Logs.KindOf(logIndex) == LogKind.Payments && !_options.FollowsRegion && !owned.Contains(log.Partition))
            {
                continue;
            }

            // Cut off from the client's own queue before the assignment, so that no record ever goes there.
            var queue = Librdkafka.rd_kafka_queue_get_partition(_client, log.Topic, log.Partition);
            Librdkafka.rd_kafka_queue_forward(queue, 0);
            Librdkafka.rd_kafka_queue_cb_event_enable(queue, &OnQueueFilled, GCHandle.ToIntPtr(_self));
            readers.Add(new KafkaLogReader(_client, queue, logIndex, log, starts[logIndex], _options.RecordBytesMax, _ownership, ReportError));
            Librdkafka.rd_kafka_topic_partition_list_add(list, log.Topic, log.Partition);
            Librdkafka.rd_kafka_topic_partition_list_set_offset(list, log.Topic, log.Partition, starts[logIndex]);
        }

        var error = Librdkafka.rd_kafka_assign(_client, list);
        Librdkafka.rd_kafka_topic_partition_list_destroy(list);
        if (error != Librdkafka.NoError)
        {
            throw new KafkaFailedException($"{_connection}: the partitions cannot be read: {Librdkafka.Describe(error)}");
        }

        _readers = readers;
    }

    /// <summary>
    /// A partition came that was folded beyond its last decision. Those records cannot be decided from this state, which is ahead of
    /// them: the process starts over, folds up to the decision and goes on from there.
    /// </summary>
    private void OnOwnershipMoved(int logIndex, long decideFrom)
    {
        var reader = _readers.Cast<KafkaLogReader>().FirstOrDefault(reader => reader.LogIndex == logIndex);
        if (_readers.Count > 0 && (reader is null || reader.NextOffset > decideFrom))
        {
            _failed(new OwnershipMovedException(Logs[logIndex]));
        }
    }

    private void ReportError(LogId log, int error)
    {
        if (error is Librdkafka.OffsetOutOfRange or Librdkafka.UnknownTopicOrPartition or Librdkafka.UnknownPartition or Librdkafka.UnknownTopic
            or Librdkafka.TopicAuthorizationFailed or Librdkafka.Fatal)
        {
            _failed(new KafkaFailedException($"{log}: {Librdkafka.Describe(error)}"));
            return;
        }

        // Said once until it changes: a broker that is away is tried again for as long as it takes.
        if (_lastError.TryAdd((log.Topic, log.Partition), error) || _lastError[(log.Topic, log.Partition)] != error)
        {
            _lastError[(log.Topic, log.Partition)] = error;
            _log($"{_connection}: {Librdkafka.Describe(error)}");
        }
    }

    private (long Low, long High) Watermarks(LogId log)
    {
        long low, high;
        return Librdkafka.rd_kafka_get_watermark_offsets(_client, log.Topic, log.Partition, &low, &high) == 0 ? (low, high) : (-1, -1);
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void OnQueueFilled(nint client, nint opaque) => ((KafkaLogSource)GCHandle.FromIntPtr(opaque).Target!)._wake();
}
