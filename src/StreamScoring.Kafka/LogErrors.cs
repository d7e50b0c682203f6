using StreamScoring.KafkaClients.Native;

namespace StreamScoring.Kafka;

/// <summary>
/// What an error of a log's reader means. The one place where librdkafka's codes are told apart.
/// </summary>
internal static class LogErrors
{
    /// <summary>
    /// The record that is wanted next is not in the log: it was deleted, or the log ends before it.
    /// </summary>
    public static bool IsPlaceLost(int error) =>
        error is Librdkafka.AutoOffsetReset or Librdkafka.LogTruncated or Librdkafka.OffsetOutOfRange;

    /// <summary>The topic is not there, or not the one that was read.</summary>
    public static bool IsTopicGone(int error) =>
        error is Librdkafka.UnknownTopicOrPartition or Librdkafka.UnknownPartition or Librdkafka.UnknownTopic or Librdkafka.UnknownTopicId
            or Librdkafka.InconsistentTopicId;

    /// <summary>
    /// Trying again does not help. Any other error is of brokers that are away for a while.
    /// </summary>
    public static bool IsFinal(int error) => error is Librdkafka.TopicAuthorizationFailed or Librdkafka.Fatal;
}
