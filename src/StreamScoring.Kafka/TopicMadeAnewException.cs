namespace StreamScoring.Kafka;

/// <summary>
/// A topic is not the one that was being read or written: it was deleted, and perhaps made again.
/// Positions in the former one mean nothing now, so whoever runs the graph starts it over, by the
/// topic's new id.
/// </summary>
public sealed class TopicMadeAnewException(string message) : KafkaFailedException(message);
