using Confluent.Kafka;
using StreamScoring.Contracts;
using StreamScoring.KafkaClients;

namespace StreamScoring.Kafka;

/// <summary>
/// Reads parts of decisions partitions, all at once. Used by one thread at a time.
/// </summary>
internal sealed class DecisionsReader : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(100);

    private readonly IConsumer<Ignore, byte[]> _consumer;

    /// <param name="readsCommitted">False: also what may yet be aborted.</param>
    /// <param name="readsVectors">Whether headers are read too.</param>
    public DecisionsReader(KafkaConnection connection, bool readsCommitted, bool readsVectors = false) => _consumer = new ConsumerBuilder<Ignore, byte[]>(connection.Settings(
            ("group.id", "scoring-look"), ("enable.auto.commit", "false"), ("enable.partition.eof", "true"), ("auto.offset.reset", "earliest"),
            ("isolation.level", readsCommitted ? "read_committed" : "read_uncommitted"), ("fetch.wait.max.ms", "10"),
            // The position stands in the value too, and headers cost more to take over than all
            // else. Without them the topic is left out as well.
            ("dotnet.consumer.consume.result.fields", readsVectors ? "headers" : "none")))
        .SetLogHandler((_, _) => { }).Build();

    /// <param name="isStopping">Ends it before the next try.</param>
    /// <exception cref="KafkaException">No broker answers.</exception>
    public WatermarkOffsets WatermarksOf(TopicPartition partition, Func<bool> isStopping) => _consumer.WatermarksOf(partition, Patience, isStopping);

    /// <summary>
    /// Notes every decision of the stretches. They are of different partitions of one topic.
    /// </summary>
    /// <exception cref="KafkaException">For too long nothing came.</exception>
    /// <param name="isStopping">Ends it where nothing comes; null: never.</param>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public void Read(IReadOnlyCollection<DecisionsStretch> stretches, Func<bool>? isStopping = null, CancellationToken cancel = default)
    {
        var open = stretches.Where(stretch => stretch.From < stretch.Through).ToDictionary(stretch => stretch.Partition.Partition);
        _consumer.Assign(open.Values.Select(stretch => new TopicPartitionOffset(stretch.Partition, stretch.From)));
        var newestAt = TimeProvider.System.GetTimestamp();
        while (open.Count > 0)
        {
            cancel.ThrowIfCancellationRequested();
            if (_consumer.Consume(LookInterval) is not { } result)
            {
                if (TimeProvider.System.GetElapsedTime(newestAt) > Patience || isStopping?.Invoke() == true)
                {
                    throw new KafkaException(new Error(ErrorCode.Local_TimedOut, $"nothing came of {string.Join(", ", open.Values.Select(stretch => stretch.Partition))}"));
                }

                continue;
            }

            newestAt = TimeProvider.System.GetTimestamp();
            if (!open.TryGetValue(result.Partition, out var stretch))
            {
                continue;
            }

            if (!result.IsPartitionEOF && result.Offset < stretch.Through)
            {
                stretch.Into.Note(result.Message.Value);
                if (result.Message.Headers?.TryGetLastBytes(RecordHeaders.Vector, out var vector) == true)
                {
                    stretch.Into.NoteVector(vector);
                }
            }

            // The last offsets may be of transaction markers, which are never seen: then the end of
            // the partition, or a later record, tells.
            if (result.Offset >= stretch.Through - (result.IsPartitionEOF ? 0 : 1))
            {
                open.Remove(result.Partition);
            }
        }

        _consumer.Unassign();
    }

    public void Dispose() => _consumer.Dispose();
}
