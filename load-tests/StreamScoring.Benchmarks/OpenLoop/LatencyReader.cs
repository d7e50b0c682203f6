using Confluent.Kafka;
using HdrHistogram;

namespace StreamScoring.Benchmarks.OpenLoop;

/// <summary>
/// Reads a topic from its end on, and notes for each record how long ago the payment was due that
/// it answers.
/// </summary>
internal sealed class LatencyReader : IDisposable
{
    public const int MaxUs = 60_000_000;

    private readonly IConsumer<byte[], byte[]> _consumer;
    private readonly Thread _thread;
    private readonly long _countFromUs;
    private readonly long _sentFromUs;
    private volatile bool _isStopping;
    private long _read;

    /// <param name="sentFromUs">Earlier ones are not of this run.</param>
    /// <param name="countFromUs">Earlier ones are warm-up.</param>
    public LatencyReader(string brokers, string topic, long sentFromUs, long countFromUs)
    {
        (_sentFromUs, _countFromUs) = (sentFromUs, countFromUs);
        _consumer = new ConsumerBuilder<byte[], byte[]>(new ConsumerConfig
        {
            BootstrapServers = brokers,
            GroupId = "open-loop",
            EnableAutoCommit = false,
            IsolationLevel = IsolationLevel.ReadCommitted,
            FetchWaitMaxMs = 10,
            ConsumeResultFields = "none",
        }).Build();
        using var admin = new DependentAdminClientBuilder(_consumer.Handle).Build();
        var partitions = admin.GetMetadata(topic, TimeSpan.FromSeconds(10)).Topics[0].Partitions;
        _consumer.Assign(partitions.Select(partition => new TopicPartition(topic, partition.PartitionId)).Select(partition =>
            new TopicPartitionOffset(partition, _consumer.QueryWatermarkOffsets(partition, TimeSpan.FromSeconds(10)).High)));
        _thread = new Thread(Run) { IsBackground = true, Name = "decisions" };
        _thread.Start();
    }

    /// <summary>Microseconds from the intended time of sending to reading the answer.</summary>
    public LongHistogram Latencies { get; } = new(MaxUs, 3);

    /// <summary>Answers to payments of this run, the warm-up's included.</summary>
    public long Read => Volatile.Read(ref _read);

    public void Dispose()
    {
        _isStopping = true;
        _thread.Join();
        _consumer.Dispose();
    }

    private void Run()
    {
        while (!_isStopping)
        {
            if (_consumer.Consume(20)?.Message is not { } message)
            {
                continue;
            }

            var nowUs = IntendedTime.NowUs;
            if (!IntendedTime.TryFind(message.Key, out var dueUs) && !IntendedTime.TryFind(message.Value, out dueUs))
            {
                continue;
            }

            if (dueUs >= _sentFromUs)
            {
                Volatile.Write(ref _read, _read + 1);
            }

            if (dueUs >= _countFromUs)
            {
                Latencies.RecordValue(Math.Clamp(nowUs - dueUs, 0, MaxUs - 1));
            }
        }
    }
}
