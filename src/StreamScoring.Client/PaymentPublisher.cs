using Confluent.Kafka;

namespace StreamScoring.Client;

/// <summary>
/// Publishes payments and labels, in order per key: an entity's payments, and a payment's retries, land in one partition. Keys are
/// spread as Java clients spread them (murmur2), so that publishers in other languages agree.
/// </summary>
public sealed class PaymentPublisher : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly IProducer<byte[]?, byte[]> _producer;
    private readonly string _brokers;
    private readonly Action<DeliveryReport<byte[]?, byte[]>> _onReport;
    private long _acknowledged;
    private volatile string? _refused;

    public PaymentPublisher(KafkaSettings settings)
    {
        _brokers = settings.Brokers;
        _onReport = OnReport;
        _producer = new ProducerBuilder<byte[]?, byte[]>(settings.With(
                ("enable.idempotence", "true"),
                ("acks", "all"),
                ("partitioner", "murmur2_random"),
                ("linger.ms", "5"),
                ("compression.type", "lz4"),
                ("queue.buffering.max.messages", "100000"),
                ("message.timeout.ms", $"{(int)Patience.TotalMilliseconds}"),
                ("dotnet.producer.delivery.report.fields", "status")))
            .SetLogHandler((_, _) => { })
            .SetErrorHandler((_, _) => { })
            .Build();
    }

    /// <summary>Records that the brokers acknowledged.</summary>
    public long Acknowledged => Interlocked.Read(ref _acknowledged);

    /// <summary>Hands a record over; waits while too many are on their way.</summary>
    /// <param name="key">The partitioning entity's id; null for any partition.</param>
    /// <param name="timestampMs">The record's timestamp, ms since the Unix epoch.</param>
    /// <exception cref="PublishFailedException">The brokers refused a record.</exception>
    public async ValueTask PublishAsync(string topic, byte[]? key, byte[] value, long timestampMs, CancellationToken cancel)
    {
        var message = new Message<byte[]?, byte[]> { Key = key, Value = value, Timestamp = new Timestamp(timestampMs, TimestampType.CreateTime) };
        while (true)
        {
            ThrowIfRefused();
            try
            {
                _producer.Produce(topic, message, _onReport);
                return;
            }
            catch (ProduceException<byte[]?, byte[]> e) when (e.Error.Code == ErrorCode.Local_QueueFull)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(5), cancel);
            }
        }
    }

    /// <summary>Waits until everything handed over is acknowledged.</summary>
    /// <exception cref="PublishFailedException">The brokers refused a record, or did not answer.</exception>
    public void Flush(CancellationToken cancel)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (_producer.Flush(TimeSpan.FromMilliseconds(200)) > 0)
        {
            cancel.ThrowIfCancellationRequested();
            ThrowIfRefused();
            if (TimeProvider.System.GetElapsedTime(started) > Patience)
            {
                throw new PublishFailedException($"the brokers {_brokers} acknowledged nothing for {Patience.TotalSeconds:0} s");
            }
        }

        ThrowIfRefused();
    }

    public void Dispose() => _producer.Dispose();

    private void OnReport(DeliveryReport<byte[]?, byte[]> report)
    {
        // Reports come from the client's thread and, while flushing, from the caller's.
        if (report.Error.IsError)
        {
            _refused = $"the brokers {_brokers} refused a record for {report.Topic}: {report.Error.Reason}";
        }
        else
        {
            Interlocked.Increment(ref _acknowledged);
        }
    }

    private void ThrowIfRefused()
    {
        if (_refused is { } reason)
        {
            throw new PublishFailedException(reason);
        }
    }
}
