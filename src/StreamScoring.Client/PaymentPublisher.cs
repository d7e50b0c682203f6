using System.Globalization;
using Confluent.Kafka;
using StreamScoring.Contracts;
using StreamScoring.KafkaClients;

namespace StreamScoring.Client;

/// <summary>
/// Publishes payments and labels, in order per key: an entity's payments, and a payment's retries,
/// land in one partition. Keys are spread as Java clients spread them (murmur2), so that publishers
/// in other languages agree. Any thread may use it.
/// </summary>
/// <remarks>
/// A publisher that does not know whether a payment arrived publishes it again: the pipeline gives
/// a repeated payment id its first decision again, flagged <c>duplicate</c>, and counts it once.
/// </remarks>
public sealed class PaymentPublisher : IAsyncDisposable
{
    /// <summary>What librdkafka takes by default.</summary>
    private const int BatchBytesDefault = 1_000_000;

    private static readonly TimeSpan AskPatience = TimeSpan.FromSeconds(5);

    private readonly ScoringRegion _region;
    private readonly PublisherOptions _options;
    private readonly Task<IProducer<byte[]?, byte[]>> _opened;
    private readonly RecordWriter _writer;
    private readonly IReadOnlySet<string> _ignored;
    private readonly SemaphoreSlim _room;
    private readonly Lock _bulkLock = new();
    private PublishedBulk _bulk;
    private long _acknowledged;

    /// <exception cref="ArgumentException">The region's partitioning field is no entity
    /// id.</exception>
    public PaymentPublisher(ScoringRegion region, PublisherOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(region);
        options ??= PublisherOptions.Default;
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(options.InFlightMax, nameof(options));
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(options.BatchBytesMax ?? BatchBytesDefault, nameof(options));
        (_region, _ignored) = (region, options.CardNumberFieldsIgnored);
        _writer = new RecordWriter(region.PartitionBy, options.Form);
        _room = new SemaphoreSlim(options.InFlightMax);
        _bulk = new PublishedBulk(OnReported);
        _options = options;
        // Meanwhile, so that the first record need not wait for all of it.
        _opened = Task.Run(OpenAsync);
    }

    /// <summary>
    /// Ends once it is known how large batches may be: the first record waits for it.
    /// </summary>
    internal Task Opened => _opened;

    /// <summary>Records that the brokers acknowledged.</summary>
    public long Acknowledged => Interlocked.Read(ref _acknowledged);

    /// <summary>
    /// Publishes one payment and waits until every in-sync replica of the brokers has it.
    /// </summary>
    /// <returns>Where it stands: the id of its decision.</returns>
    /// <exception cref="CardNumberException">A field holds a card number; nothing is published. The
    /// key is such a field.</exception>
    /// <exception cref="PublishFailedException">The brokers refused it, or acknowledged nothing in
    /// time; it may have arrived all the same.</exception>
    /// <exception cref="OperationCanceledException">Nobody waits any more; the payment may arrive
    /// all the same.</exception>
    public Task<DecisionSource> PublishAsync(Payment payment, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(payment);
        Require(CardNumberFields.Find(payment, _ignored));
        return ConfirmAsync(_region.Payments, _writer.KeyOf(payment), _writer.ValueOf(payment), cancel);
    }

    /// <summary>
    /// Publishes one label and waits until every in-sync replica of the brokers has it.
    /// </summary>
    /// <inheritdoc cref="PublishAsync(Payment, CancellationToken)"/>
    /// <returns>Where it stands.</returns>
    public Task<DecisionSource> PublishAsync(Label label, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(label);
        Require(CardNumberFields.Find(label, _ignored));
        return ConfirmAsync(_region.Labels, _writer.KeyOf(label), _writer.ValueOf(label), cancel);
    }

    /// <summary>
    /// Hands a payment over, to be confirmed by the next <see cref="FlushAsync"/>; waits only while
    /// too many are on their way.
    /// </summary>
    /// <param name="timestampMs">The record's timestamp, ms since the Unix epoch; null:
    /// now.</param>
    /// <exception cref="CardNumberException">A field holds a card number; nothing is published. The
    /// key is such a field.</exception>
    /// <exception cref="PublishFailedException">The brokers refused an earlier record of this
    /// bulk.</exception>
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

    /// <summary>
    /// Ends when everything that was enqueued since the last flush is acknowledged, or refused; at
    /// the latest after the delivery timeout.
    /// </summary>
    /// <exception cref="PublishFailedException">Records were refused: how many, and why the first.
    /// The next bulk starts afresh.</exception>
    public Task FlushAsync(CancellationToken cancel = default)
    {
        PublishedBulk closed;
        lock (_bulkLock)
        {
            (closed, _bulk) = (_bulk, new PublishedBulk(OnReported));
        }

        return closed.CloseAsync(_region.Kafka.Brokers, cancel);
    }

    /// <summary>
    /// Waits for what is on its way, as <see cref="FlushAsync"/> does, without reporting it.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        if (await Task.WhenAny(_opened) is { IsCompletedSuccessfully: true } opened)
        {
            var producer = await opened;
            // Disposing the client waits for nothing, and waits itself for its threads: neither
            // belongs on the caller's thread.
            await Task.Run(() =>
            {
                producer.Flush(CancellationToken.None);
                producer.Dispose();
            });
        }

        _room.Dispose();
    }

    private async Task<IProducer<byte[]?, byte[]>> OpenAsync()
    {
        var batchBytesMax = _options.BatchBytesMax ?? (await TopicSizes.BatchBytesMaxAsync(_region.Kafka.With(), [_region.Payments, _region.Labels], AskPatience))
            .Values.Append(BatchBytesDefault).Min();
        return new ProducerBuilder<byte[]?, byte[]>(_region.Kafka.With(
                ("enable.idempotence", "true"),
                ("acks", "all"),
                ("partitioner", "murmur2_random"),
                ("linger.ms", _options.Linger.TotalMilliseconds.ToString(CultureInfo.InvariantCulture)),
                ("compression.type", "lz4"),
                // Counted before compression, and not of a batch's first record.
                ("batch.size", $"{batchBytesMax}"),
                // Ours is the bound that makes callers wait; the client's own, which would throw,
                // lie beyond it.
                ("queue.buffering.max.messages", $"{_options.InFlightMax + 1000}"),
                ("queue.buffering.max.kbytes", "2097151"),
                ("message.timeout.ms", $"{(int)_options.DeliveryTimeout.TotalMilliseconds}"),
                ("dotnet.producer.delivery.report.fields", "status")))
            .SetLogHandler((_, _) => { })
            .SetErrorHandler((_, _) => { })
            .Build();
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
        var producer = await _opened.WaitAsync(cancel);
        await _room.WaitAsync(cancel);
        Produce(producer, topic, key, value, null, report =>
        {
            OnReported(report.Error);
            if (report.Error.IsError)
            {
                confirmed.SetException(new PublishFailedException($"the brokers {_region.Kafka.Brokers} did not take a record for {topic}: {PublishedBulk.Reason(report.Error)}"));
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
        var producer = _opened.IsCompletedSuccessfully ? _opened.Result : await _opened.WaitAsync(cancel);
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

            Produce(producer, topic, key, value, timestampMs, bulk.OnReport);
        }
        catch
        {
            bulk.Remove();
            throw;
        }
    }

    private void Produce(
        IProducer<byte[]?, byte[]> producer, string topic, byte[] key, byte[] value, long? timestampMs, Action<DeliveryReport<byte[]?, byte[]>> onReport)
    {
        try
        {
            producer.Produce(
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
            throw new PublishFailedException($"a record for {topic} on {_region.Kafka.Brokers}: {PublishedBulk.Reason(e.Error)}");
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
