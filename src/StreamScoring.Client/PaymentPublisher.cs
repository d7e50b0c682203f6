using System.Globalization;
using Confluent.Kafka;
using StreamScoring.Contracts;

namespace StreamScoring.Client;

/// <summary>
/// Publishes payments and labels, in order per key: an entity's payments, and a payment's retries, land in one partition. Keys are
/// spread as Java clients spread them (murmur2), so that publishers in other languages agree. Any thread may use it.
/// </summary>
/// <remarks>
/// A publisher that does not know whether a payment arrived publishes it again: the pipeline gives a repeated payment id its first decision
/// again, flagged <c>duplicate</c>, and counts it once.
/// </remarks>
public sealed class PaymentPublisher : IAsyncDisposable
{
    private readonly IProducer<byte[]?, byte[]> _producer;
    private readonly ScoringRegion _region;
    private readonly RecordWriter _writer;
    private readonly IReadOnlySet<string> _ignored;
    private readonly SemaphoreSlim _room;
    private readonly Lock _bulkLock = new();
    private PublishedBulk _bulk;
    private long _acknowledged;

    /// <exception cref="ArgumentException">The region's partitioning field is no entity id.</exception>
    public PaymentPublisher(ScoringRegion region, PublisherOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(region);
        options ??= PublisherOptions.Default;
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(options.InFlightMax, nameof(options));
        (_region, _ignored) = (region, options.CardNumberFieldsIgnored);
        _writer = new RecordWriter(region.PartitionBy, options.Form);
        _room = new SemaphoreSlim(options.InFlightMax);
        _bulk = new PublishedBulk(OnReported);
        _producer = new ProducerBuilder<byte[]?, byte[]>(region.Kafka.With(
                ("enable.idempotence", "true"),
                ("acks", "all"),
                ("partitioner", "murmur2_random"),
                ("linger.ms", options.Linger.TotalMilliseconds.ToString(CultureInfo.InvariantCulture)),
                ("compression.type", "lz4"),
                // Ours is the bound that makes callers wait; the client's own, which would throw, lie beyond it.
                ("queue.buffering.max.messages", $"{options.InFlightMax + 1000}"),
                ("queue.buffering.max.kbytes", "2097151"),
                ("message.timeout.ms", $"{(int)options.DeliveryTimeout.TotalMilliseconds}"),
                ("dotnet.producer.delivery.report.fields", "status")))
            .SetLogHandler((_, _) => { })
            .SetErrorHandler((_, _) => { })
            .Build();
    }

    /// <summary>Records that the brokers acknowledged.</summary>
    public long Acknowledged => Interlocked.Read(ref _acknowledged);

    /// <summary>Publishes one payment and waits until every in-sync replica of the brokers has it.</summary>
    /// <returns>Where it stands: the id of its decision.</returns>
    /// <exception cref="CardNumberException">A field holds a card number; nothing is published. The key is such a field.</exception>
    /// <exception cref="PublishFailedException">The brokers refused it, or acknowledged nothing in time; it may have arrived all the same.</exception>
    /// <exception cref="OperationCanceledException">Nobody waits any more; the payment may arrive all the same.</exception>
    public Task<DecisionSource> PublishAsync(Payment payment, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(payment);
        Require(CardNumberFields.Find(payment, _ignored));
        return ConfirmAsync(_region.Payments, _writer.KeyOf(payment), _writer.ValueOf(payment), cancel);
    }

    /// <summary>Publishes one label and waits until every in-sync replica of the brokers has it.</summary>
    /// <inheritdoc cref="PublishAsync(Payment, CancellationToken)"/>
    /// <returns>Where it stands.</returns>
    public Task<DecisionSource> PublishAsync(Label label, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(label);
        Require(CardNumberFields.Find(label, _ignored));
        return ConfirmAsync(_region.Labels, _writer.KeyOf(label), _writer.ValueOf(label), cancel);
    }

    /// <summary>Hands a payment over, to be confirmed by the next <see cref="FlushAsync"/>; waits only while too many are on their way.</summary>
    /// <param name="timestampMs">The record's timestamp, ms since the Unix epoch; null: now.</param>
    /// <exception cref="CardNumberException">A field holds a card number; nothing is published. The key is such a field.</exception>
    /// <exception cref="PublishFailedException">The brokers refused an earlier record of this bulk.</exception>
    public ValueTask EnqueueAsync(Payment payment, long? timestampMs = null, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(payment);
        Require(CardNumberFields.Find(payment, _ignored));
        return EnqueueAsync(_region.Payments, _writer.KeyOf(payment), _writer.ValueOf(payment), timestampMs, cancel);
    }

    /// <summary>Hands a label over.</summary>
    /// <inheritdoc cref="EnqueueAsync(Payment, long?, CancellationToken)"/>
    public ValueTask EnqueueAsync(Label label, long? timestampMs = null, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(label);
        Require(CardNumberFields.Find(label, _ignored));
        return EnqueueAsync(_region.Labels, _writer.KeyOf(label), _writer.ValueOf(label), timestampMs, cancel);
    }

    /// <summary>Ends when everything that was enqueued since the last flush is acknowledged, or refused; at the latest after the delivery timeout.</summary>
    /// <exception cref="PublishFailedException">Records were refused: how many, and why the first. The next bulk starts afresh.</exception>
    public Task FlushAsync(CancellationToken cancel = default)
    {
        PublishedBulk closed;
        lock (_bulkLock)
        {
            (closed, _bulk) = (_bulk, new PublishedBulk(OnReported));
        }

        return closed.CloseAsync(_region.Kafka.Brokers, cancel);
    }

    /// <summary>Waits for what is on its way, as <see cref="FlushAsync"/> does, without reporting it.</summary>
    public async ValueTask DisposeAsync()
    {
        // Disposing the client waits for nothing, and waits itself for its threads: neither belongs on the caller's thread.
        await Task.Run(() =>
        {
            _producer.Flush(CancellationToken.None);
            _producer.Dispose();
        });
        _room.Dispose();
    }

    private static void Require(string? field)
    {
        if (field is not null)
        {
            throw new CardNumberException(field);
        }
    }

    private async Task<DecisionSource> ConfirmAsync(string topic, byte[] key, byte[] value, CancellationToken cancel)
    {
        var confirmed = new TaskCompletionSource<DecisionSource>(TaskCreationOptions.RunContinuationsAsynchronously);
        await _room.WaitAsync(cancel);
        Produce(topic, key, value, null, report =>
        {
            OnReported(report.Error);
            if (report.Error.IsError)
            {
                confirmed.SetException(new PublishFailedException($"the brokers {_region.Kafka.Brokers} did not take a record for {topic}: {report.Error.Reason}"));
            }
            else
            {
                confirmed.SetResult(new DecisionSource(_region.Name, topic, report.Partition.Value, report.Offset.Value));
            }
        });
        return await confirmed.Task.WaitAsync(cancel);
    }

    private async ValueTask EnqueueAsync(string topic, byte[] key, byte[] value, long? timestampMs, CancellationToken cancel)
    {
        await _room.WaitAsync(cancel);
        PublishedBulk bulk;
        lock (_bulkLock)
        {
            bulk = _bulk;
            bulk.Add();
        }

        try
        {
            if (bulk.FirstReason is { } reason)
            {
                _room.Release();
                throw new PublishFailedException($"the brokers {_region.Kafka.Brokers} did not take {reason}");
            }

            Produce(topic, key, value, timestampMs, bulk.OnReport);
        }
        catch
        {
            bulk.Remove();
            throw;
        }
    }

    private void Produce(string topic, byte[] key, byte[] value, long? timestampMs, Action<DeliveryReport<byte[]?, byte[]>> onReport)
    {
        try
        {
            _producer.Produce(
                topic,
                new Message<byte[]?, byte[]>
                {
                    Key = key,
                    Value = value,
                    Timestamp = timestampMs is { } time ? new Timestamp(time, TimestampType.CreateTime) : Timestamp.Default,
                },
                onReport);
        }
        catch (ProduceException<byte[]?, byte[]> e)
        {
            _room.Release();
            throw new PublishFailedException($"a record for {topic} on {_region.Kafka.Brokers}: {e.Error.Reason}");
        }
    }

    private void OnReported(Error error)
    {
        _room.Release();
        if (!error.IsError)
        {
            Interlocked.Increment(ref _acknowledged);
        }
    }
}
