using System.Collections.Concurrent;
using Confluent.Kafka;
using StreamScoring.KafkaClients;

namespace StreamScoring.Client;

/// <summary>
/// A Kafka consumer for asynchronous callers. What the client has fetched is taken at once; waiting
/// blocks a thread that is the consumer's own. One caller at a time. The client's own queue is the
/// only buffer, and it is bounded.
/// </summary>
internal sealed class TopicConsumer : IAsyncDisposable
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    /// <summary>How often a waiting reader looks at its cancellation, and at what is due.</summary>
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(100);

    private readonly string _brokers;
    private readonly Action<string> _notice;
    private readonly BlockingCollection<Action> _work = [];
    private readonly Thread _thread;
    private volatile bool _isStopping;
    private int _isDisposed;

    /// <param name="configure">Adds handlers; they are called while a caller takes a record, or by
    /// the consumer's thread while one waits.</param>
    public TopicConsumer(
        KafkaSettings settings, string group, bool readsCommitted, TimeSpan fetchWaitMax, TimeSpan sessionTimeout, Action<string>? notice,
        Action<ConsumerBuilder<byte[]?, byte[]?>>? configure = null)
    {
        (_brokers, _notice) = (settings.Brokers, notice ?? (_ => { }));
        var builder = new ConsumerBuilder<byte[]?, byte[]?>(settings.With(
                ("group.id", group),
                ("enable.auto.commit", "false"),
                ("enable.auto.offset.store", "false"),
                ("enable.partition.eof", "true"),
                ("auto.offset.reset", "earliest"),
                ("partition.assignment.strategy", "cooperative-sticky"),
                ("session.timeout.ms", $"{(int)sessionTimeout.TotalMilliseconds}"),
                ("heartbeat.interval.ms", $"{(int)(sessionTimeout.TotalMilliseconds / 5)}"),
                ("isolation.level", readsCommitted ? "read_committed" : "read_uncommitted"),
                ("queued.max.messages.kbytes", "16384"),
                ("fetch.wait.max.ms", $"{(int)fetchWaitMax.TotalMilliseconds}")))
            .SetLogHandler((_, _) => { })
            .SetErrorHandler((_, error) => _notice($"{_brokers}: {error.Reason}"));
        configure?.Invoke(builder);
        Client = builder.Build();
        _thread = new Thread(Work) { IsBackground = true, Name = "scoring reader" };
        _thread.Start();
    }

    public IConsumer<byte[]?, byte[]?> Client { get; }

    /// <summary>The next record or end of a partition. Waits for it.</summary>
    /// <param name="whileWaiting">Called every tenth of a second.</param>
    /// <exception cref="ReadFailedException">The topic cannot be read.</exception>
    /// <exception cref="ObjectDisposedException">The reader was disposed meanwhile.</exception>
    public async ValueTask<ConsumeResult<byte[]?, byte[]?>> NextAsync(Action whileWaiting, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        return Poll(TimeSpan.Zero) ?? await RunAsync(() =>
        {
            while (true)
            {
                cancel.ThrowIfCancellationRequested();
                ObjectDisposedException.ThrowIf(_isStopping, this);
                if (Poll(LookInterval) is { } result)
                {
                    return result;
                }

                whileWaiting();
            }
        });
    }

    /// <summary>Does blocking work of the client on the consumer's thread.</summary>
    /// <exception cref="ReadFailedException">The client failed at it.</exception>
    public async Task<T> RunAsync<T>(Func<T> work)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        ObjectDisposedException.ThrowIf(_isStopping, this);
        _work.Add(() =>
        {
            try
            {
                done.SetResult(work());
            }
            catch (KafkaException e)
            {
                done.SetException(Failed(e));
            }
            catch (OperationCanceledException e)
            {
                done.SetCanceled(e.CancellationToken);
            }
            catch (Exception e)
            {
                done.SetException(e);
            }
        });
        return await done.Task;
    }

    /// <summary>The partitions of a topic.</summary>
    /// <exception cref="KafkaException">The topic is missing, or no broker answers.</exception>
    public IReadOnlyList<TopicPartition> PartitionsOf(string topic)
    {
        using var admin = new DependentAdminClientBuilder(Client.Handle).Build();
        var metadata = admin.GetMetadata(topic, Patience).Topics.Single();
        return metadata.Error.IsError ? throw new KafkaException(new Error(metadata.Error.Code, $"topic {topic}: {metadata.Error.Reason}"))
            : [.. metadata.Partitions.Select(partition => new TopicPartition(topic, partition.PartitionId)).OrderBy(partition => partition.Partition.Value)];
    }

    /// <summary>The id of a topic: one that was deleted and made again has another.</summary>
    /// <returns>Empty where the brokers tell none.</returns>
    /// <exception cref="KafkaException">It is missing, or no broker answers in time.</exception>
    public string TopicIdOf(string topic, TimeSpan patience) => TopicDescriptions.Of(Client.Handle, [topic], patience) is not { } described ? ""
        : described.Single() is { IsError: true } failed ? throw new KafkaException(failed.Error)
        : described.Single().Id;

    /// <summary>
    /// Where reading starts, as numbers: later readers of the group must not take the end of
    /// another moment.
    /// </summary>
    /// <exception cref="KafkaException">No broker answers.</exception>
    public IReadOnlyList<PartitionStart> StartsOf(IReadOnlyCollection<TopicPartition> partitions, ReadFrom from)
    {
        var starts = from.TimestampMs is { } time
            ? OffsetLookup.WhileLeadersChange(
                () => Client.OffsetsForTimes(partitions.Select(partition => new TopicPartitionTimestamp(partition, new Timestamp(time, TimestampType.CreateTime))), Patience), Patience, () => _isStopping)
            : [.. partitions.Select(partition => new TopicPartitionOffset(partition, from.IsBeginning ? Offset.Beginning : Offset.End))];
        return [.. starts.Select(start =>
        {
            var watermarks = WatermarksOf(start.TopicPartition);
            var offset = start.Offset == Offset.Beginning ? watermarks.Low.Value : start.Offset.Value < 0 ? watermarks.High.Value : start.Offset.Value;
            return new PartitionStart(start.TopicPartition, offset, watermarks.High.Value);
        })];
    }

    /// <summary>Where a partition that is there begins and ends.</summary>
    /// <exception cref="KafkaException">No broker answers.</exception>
    public WatermarkOffsets WatermarksOf(TopicPartition partition) => Client.WatermarksOf(partition, Patience, () => _isStopping);

    public ReadFailedException Failed(KafkaException e) => new($"{_brokers}: {e.Error.Reason}", e);

    /// <summary>Leaves the group and closes the client. Who waits for a record gives up.</summary>
    public ValueTask DisposeAsync() => CloseAsync(() => { });

    /// <param name="before">What is done with the client first.</param>
    public async ValueTask CloseAsync(Action before)
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) == 1)
        {
            return;
        }

        var closed = RunAsync(() =>
        {
            before();
            try
            {
                Client.Close();
            }
            catch (KafkaException e)
            {
                _notice($"{_brokers}: leaving: {e.Error.Reason}");
            }

            Client.Dispose();
            return true;
        });
        // A caller that waits for a record gives up now, which frees the thread for the work above.
        _isStopping = true;
        await closed;
        _work.CompleteAdding();
        _thread.Join();
        _work.Dispose();
    }

    private void Work()
    {
        foreach (var work in _work.GetConsumingEnumerable())
        {
            work();
        }
    }

    private ConsumeResult<byte[]?, byte[]?>? Poll(TimeSpan timeout)
    {
        try
        {
            return Client.Consume(timeout);
        }
        catch (ConsumeException e) when (e.Error.Code == ErrorCode.Local_MaxPollExceeded)
        {
            // The group took the partitions away, because nobody asked for a record for too long.
            // Asking again joins it again.
            _notice($"{_brokers}: {e.Error.Reason}");
            return null;
        }
        catch (KafkaException e)
        {
            throw Failed(e);
        }
    }
}
