using Confluent.Kafka;

namespace StreamScoring.Kafka;

/// <summary>Asks where partitions begin and end, many at once. By one thread at a time.</summary>
/// <remarks>
/// Not by the admin client's ListOffsets: it looks for the leaders on the caller's thread, while
/// the client's own thread may already go on with the same question (librdkafka 2.16,
/// <c>rd_kafka_topic_partition_list_query_leaders_async</c>). So where leaders are not known yet
/// the answer may get lost: of new clients of a healthy broker one in forty waited for its
/// time-out.
/// </remarks>
internal sealed class EndOffsets(KafkaConnection connection, IsolationLevel isolation) : IDisposable
{
    /// <summary>
    /// What stands for the first and the offset behind the last in the place of a timestamp.
    /// Source: Kafka's ListOffsets request.
    /// </summary>
    public const long First = -2, Last = -1;

    private readonly IConsumer<Ignore, Ignore> _consumer = new ConsumerBuilder<Ignore, Ignore>(connection.Settings(
            ("group.id", "scoring-ends"), ("enable.auto.commit", "false"), ("isolation.level", isolation == IsolationLevel.ReadCommitted ? "read_committed" : "read_uncommitted")))
        .SetLogHandler((_, _) => { }).SetErrorHandler((_, _) => { }).Build();

    /// <param name="partitions">At least one.</param>
    /// <param name="which"><see cref="First"/> or <see cref="Last"/>.</param>
    /// <param name="patience">With each leader.</param>
    /// <returns>Those that were told: a partition without a leader, or with one that does not
    /// answer, says nothing of the others.</returns>
    public IReadOnlyDictionary<TopicPartition, long> Ask(IReadOnlyList<TopicPartition> partitions, long which, TimeSpan patience)
    {
        try
        {
            return Told(partitions, which, patience);
        }
        catch (KafkaException)
        {
            // One leader that does not answer spoils the answers of all.
            return LeadersOf(partitions, patience).SelectMany(led => ToldOrNothing([.. led], which, patience)).ToDictionary();
        }
    }

    public void Dispose() => _consumer.Dispose();

    /// <returns>The partitions by leader; nothing where no broker answers, and one group where all
    /// have one leader, which was asked.</returns>
    private List<IGrouping<int, TopicPartition>> LeadersOf(IReadOnlyList<TopicPartition> partitions, TimeSpan patience)
    {
        using var admin = new DependentAdminClientBuilder(_consumer.Handle).Build();
        try
        {
            var leaders = partitions.Select(partition => partition.Topic).Distinct(StringComparer.Ordinal)
                .SelectMany(topic => admin.GetMetadata(topic, patience).Topics)
                .SelectMany(topic => topic.Partitions, (topic, partition) => (Partition: new TopicPartition(topic.Topic, partition.PartitionId), partition.Leader))
                .ToDictionary(found => found.Partition, found => found.Leader);
            var led = partitions.GroupBy(partition => leaders.GetValueOrDefault(partition, -1)).Where(group => group.Key >= 0).ToList();
            return led.Count > 1 ? led : [];
        }
        catch (KafkaException)
        {
            return [];
        }
    }

    private Dictionary<TopicPartition, long> ToldOrNothing(IReadOnlyList<TopicPartition> partitions, long which, TimeSpan patience)
    {
        try
        {
            return Told(partitions, which, patience);
        }
        catch (KafkaException)
        {
            return new Dictionary<TopicPartition, long>();
        }
    }

    private Dictionary<TopicPartition, long> Told(IReadOnlyList<TopicPartition> partitions, long which, TimeSpan patience)
    {
        var time = new Timestamp(which, TimestampType.CreateTime);
        try
        {
            return _consumer.OffsetsForTimes(partitions.Select(partition => new TopicPartitionTimestamp(partition, time)), patience)
                .Where(found => found.Offset.Value >= 0).ToDictionary(found => found.TopicPartition, found => found.Offset.Value);
        }
        catch (TopicPartitionOffsetException e)
        {
            // Some were told.
            return e.Results.Where(found => !found.Error.IsError && found.Offset.Value >= 0).ToDictionary(found => found.TopicPartition, found => found.Offset.Value);
        }
    }
}
