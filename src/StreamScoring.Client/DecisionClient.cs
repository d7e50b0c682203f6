using Confluent.Kafka;
using StreamScoring.Contracts;

namespace StreamScoring.Client;

/// <summary>
/// Publishes a payment and waits for its decision. It reads the region's decisions and dead letters
/// from the moment it was opened, and keeps only what a call waits for. Any thread may use it, and
/// many calls may be on their way.
/// </summary>
public sealed class DecisionClient : IAsyncDisposable
{
    private readonly ScoringRegion _region;
    private readonly DecisionClientOptions _options;
    private readonly PaymentPublisher _publisher;
    private readonly TopicConsumer _consumer;
    private readonly DecisionSchemas _schemas;
    private readonly DecisionWaiters _waiters = new();
    private readonly SemaphoreSlim _room;
    private readonly CancellationTokenSource _stop = new();
    private Task _reading = Task.CompletedTask;
    private long _poison;

    private DecisionClient(ScoringRegion region, DecisionClientOptions options)
    {
        (_region, _options) = (region, options);
        _room = new SemaphoreSlim(options.CallsMax);
        _publisher = new PaymentPublisher(
            region, new PublisherOptions { Form = options.Form, Linger = options.Linger, CardNumberFieldsIgnored = options.CardNumberFieldsIgnored });
        _consumer = new TopicConsumer(region.Kafka, "scoring-decide", options.ReadCommitted, options.FetchWaitMax, TimeSpan.FromSeconds(10), options.Notice);
        _schemas = new DecisionSchemas(region, options.FetchWaitMax, options.Notice);
    }

    /// <summary>Decisions that were read for a call and could not be. They were skipped.</summary>
    public long Poison => Interlocked.Read(ref _poison);

    /// <summary>Calls that wait for their decision.</summary>
    public int Waiting => _waiters.Count;

    /// <exception cref="ReadFailedException">A topic is missing, or the brokers do not
    /// answer.</exception>
    public static async Task<DecisionClient> OpenAsync(ScoringRegion region, DecisionClientOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(region);
        var client = new DecisionClient(region, options ?? new DecisionClientOptions());
        try
        {
            await client._consumer.RunAsync(() =>
            {
                var partitions = client._consumer.PartitionsOf(region.Decisions).Concat(client._consumer.PartitionsOf(region.DeadLetters)).ToList();
                client._consumer.Client.Assign(client._consumer.StartsOf(partitions, ReadFrom.End).Select(start => new TopicPartitionOffset(start.Partition, start.Offset)));
                return true;
            });
            // Not on the time of the first call.
            await client._publisher.Opened;
        }
        catch
        {
            await client.DisposeAsync();
            throw;
        }

        client._reading = Task.Run(client.ReadAsync);
        return client;
    }

    /// <summary>
    /// Publishes the payment and waits for the decision of this very publication.
    /// </summary>
    /// <param name="timeout">For everything together: waiting for the call's turn, publishing,
    /// deciding.</param>
    /// <returns>
    /// The decision. Where the payment was published before, by an earlier try or by somebody else,
    /// it is the first one's again, and
    /// <see cref="ReadDecision.IsDuplicate"/>. Where its id was another payment's it is its own,
    /// and <see cref="ReadDecision.IsConflicting"/>.
    /// </returns>
    /// <exception cref="DecisionTimeoutException">Time went by. It says whether and where the
    /// payment stands; calling again with the same payment is safe.</exception>
    /// <exception cref="PaymentRefusedException">The pipeline refused the payment, and says
    /// why.</exception>
    /// <exception cref="PublishFailedException">The brokers did not take the payment.</exception>
    /// <exception cref="ReadFailedException">Decisions can no longer be read.</exception>
    /// <exception cref="OperationCanceledException">Nobody waits any more; the payment may be
    /// decided all the same.</exception>
    public async Task<ReadDecision> DecideAsync(Payment payment, TimeSpan timeout, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(payment);
        ObjectDisposedException.ThrowIf(_stop.IsCancellationRequested, this);
        using var deadline = new CancellationTokenSource(timeout, _options.Clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancel);
        DecisionWaiter? waiter = null;
        var hasTurn = false;
        try
        {
            await _room.WaitAsync(either.Token);
            hasTurn = true;
            waiter = _waiters.Add(payment.PaymentId);
            _waiters.Published(waiter, await _publisher.PublishAsync(payment, either.Token));
            return await waiter.Answer.Task.WaitAsync(either.Token);
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested && !cancel.IsCancellationRequested)
        {
            throw new DecisionTimeoutException(payment.PaymentId, timeout, waiter?.Position, mayBePublished: hasTurn, waiter?.Other ?? waiter?.Early.LastOrDefault());
        }
        finally
        {
            if (waiter is not null)
            {
                _waiters.Remove(waiter);
            }

            if (hasTurn)
            {
                _room.Release();
            }
        }
    }

    /// <summary>Ends; calls that wait fail with <see cref="ObjectDisposedException"/>.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _consumer.DisposeAsync();
        await _reading;
        await _schemas.DisposeAsync();
        _waiters.Fail(new ObjectDisposedException(nameof(DecisionClient)));
        await _publisher.DisposeAsync();
    }

    private async Task ReadAsync()
    {
        try
        {
            while (true)
            {
                var result = await _consumer.NextAsync(() => { }, _stop.Token);
                if (!result.IsPartitionEOF)
                {
                    await TakeAsync(result);
                }
            }
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
        {
            // Disposed.
        }
        catch (Exception e)
        {
            _waiters.Fail(e);
        }
    }

    private async ValueTask TakeAsync(ConsumeResult<byte[]?, byte[]?> result)
    {
        if (result.Topic == _region.DeadLetters)
        {
            if (DecisionParser.SourceOf(result.Message.Headers, out _) is { } source)
            {
                var letter = result.Message.Value is { } value ? DeadLetterJson.TryRead(value) : null;
                if (letter is null or { IsRefusal: true })
                {
                    _waiters.Refused(source, letter?.Reason ?? "for a reason that could not be read");
                }
            }
        }
        else if (_waiters.IsAwaited(result.Message.Key))
        {
            await _schemas.LookUpAsync(result.Message.Value, _stop.Token);
            Offer(result);
        }
    }

    private void Offer(ConsumeResult<byte[]?, byte[]?> result)
    {
        if (DecisionParser.TryParse(result, _schemas.Find, out var decision, out var poison))
        {
            _waiters.Offer(decision);
        }
        else
        {
            Interlocked.Increment(ref _poison);
            _options.Notice?.Invoke($"{result.Topic}/{result.Partition.Value}/{result.Offset.Value} is no decision and was skipped: {poison}");
        }
    }
}
