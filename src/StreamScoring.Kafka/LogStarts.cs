using Confluent.Kafka;
using StreamScoring.Regions;

namespace StreamScoring.Kafka;

/// <summary>Finds the first offset of each log.</summary>
internal static class LogStarts
{
    /// <exception cref="KafkaFailedException">No broker answers in time, or a topic is missing.</exception>
    public static long[] Find(KafkaConnection connection, LogTable logs, TimeSpan timeout)
    {
        using var consumer = new ConsumerBuilder<Ignore, Ignore>(connection.Settings(("group.id", "scoring-look"))).SetLogHandler((_, _) => { }).Build();
        try
        {
            return [.. Enumerable.Range(0, logs.Count).Select(logIndex =>
                consumer.QueryWatermarkOffsets(new TopicPartition(logs[logIndex].Topic, logs[logIndex].Partition), timeout).Low.Value)];
        }
        catch (KafkaException e)
        {
            throw new KafkaFailedException($"{connection}: the logs cannot be looked at: {e.Error.Reason}", e);
        }
    }
}
