using Confluent.Kafka;
using StreamScoring.Logs;

namespace StreamScoring.Kafka;

/// <summary>
/// Finds where each log is to be read from: behind what the state holds, else from its first
/// offset.
/// </summary>
internal static class LogStarts
{
    /// <param name="client">Who is to read them.</param>
    /// <param name="read">The logs, by index.</param>
    /// <param name="folded">By log index: everything before it is in the state; 0, or an empty
    /// list, for nothing.</param>
    /// <param name="decideFrom">By log index: the first offset that is to be decided, which may lie
    /// before what is folded.</param>
    /// <returns>In the order of <paramref name="read"/>.</returns>
    /// <exception cref="KafkaFailedException">No broker answers in time, a topic is missing, or
    /// (<see cref="PositionBeyondEndException"/>) the state is of another topic.</exception>
    public static LogStart[] Find(
        KafkaLogClient client, KafkaConnection connection, LogTable logs, IReadOnlyList<int> read, IReadOnlyList<long> folded, Func<int, long> decideFrom, TimeSpan timeout)
    {
        try
        {
            return [.. read.Select(StartOf)];
        }
        catch (KafkaException e)
        {
            throw new KafkaFailedException($"{connection}: the logs cannot be looked at: {e.Error.Reason}", e);
        }

        LogStart StartOf(int logIndex)
        {
            var watermarks = WatermarksOf(logIndex);
            var next = folded.Count > 0 ? folded[logIndex] : 0;
            if (next > watermarks.High.Value)
            {
                throw new PositionBeyondEndException(
                    logs[logIndex], watermarks.High.Value, next, "the state is folded up to", "If it was made anew, remove the snapshots, so that its logs are folded again");
            }

            return new LogStart(Math.Max(Math.Min(next, decideFrom(logIndex)), watermarks.Low.Value), watermarks.Low.Value, next);
        }

        WatermarkOffsets WatermarksOf(int logIndex)
        {
            try
            {
                return client.WatermarksOf(logIndex, timeout);
            }
            catch (KafkaException e) when (e.Error.Code is ErrorCode.Local_UnknownPartition or ErrorCode.Local_UnknownTopic or ErrorCode.UnknownTopicOrPart)
            {
                // Topics of the own region were looked at before; a region that answers late was
                // not.
                var log = logs[logIndex];
                throw new KafkaFailedException(
                    $"{connection}: topic {log.Topic} is missing, or has no partition {log.Partition}; see regions.{log.Region}.topics and .partitions in the topology", e);
            }
        }
    }
}
