using Confluent.Kafka;

namespace StreamScoring.Chaos.World;

/// <summary>
/// Publishes to a topic, which may be deleted and made again: what is to be published meanwhile is
/// held until it is there.
/// </summary>
public sealed class TopicPublisher(string brokers, string topic) : IDisposable
{
    private static readonly TimeSpan FlushInterval = TimeSpan.FromMilliseconds(200);

    private readonly Lock _lock = new();
    private readonly Queue<Message<string, byte[]>> _held = [];
    private IProducer<string, byte[]>? _producer = NewProducer(brokers);
    private volatile string? _refused;

    public void Send(Message<string, byte[]> message)
    {
        lock (_lock)
        {
            if (_producer is null)
            {
                _held.Enqueue(message);
            }
            else
            {
                Produce(_producer, message);
            }
        }
    }

    /// <summary>
    /// Sends nothing from now on, and waits until the brokers have what was sent before.
    /// </summary>
    /// <exception cref="InvalidOperationException">They refused something.</exception>
    public async Task HoldAsync(CancellationToken cancel)
    {
        IProducer<string, byte[]>? producer;
        lock (_lock)
        {
            (producer, _producer) = (_producer, null);
        }

        if (producer is not null)
        {
            using (producer)
            {
                await Task.Run(() => Flush(producer, cancel), cancel);
            }
        }

        if (_refused is { } reason)
        {
            throw new InvalidOperationException($"the brokers refused a record of the test's own: {reason}");
        }
    }

    /// <summary>
    /// Sends what was held and what comes, as a publisher that has just been started: a former one
    /// counts its records for the former topic.
    /// </summary>
    public void GoOn()
    {
        lock (_lock)
        {
            _producer = NewProducer(brokers);
            while (_held.TryDequeue(out var message))
            {
                Produce(_producer, message);
            }
        }
    }

    public void Dispose() => _producer?.Dispose();

    private static void Flush(IProducer<string, byte[]> producer, CancellationToken cancel)
    {
        while (producer.Flush(FlushInterval) > 0)
        {
            cancel.ThrowIfCancellationRequested();
        }
    }

    private void Produce(IProducer<string, byte[]> producer, Message<string, byte[]> message) => producer.Produce(topic, message, report =>
    {
        if (report.Error.IsError)
        {
            _refused = report.Error.Reason;
        }
    });

    private static IProducer<string, byte[]> NewProducer(string brokers) => new ProducerBuilder<string, byte[]>(new ProducerConfig
    {
        BootstrapServers = brokers,
        EnableIdempotence = true,
        Acks = Acks.All,
        MessageTimeoutMs = 0,
        LingerMs = 5,
    }).SetLogHandler((_, _) => { }).SetErrorHandler((_, _) => { }).Build();
}
