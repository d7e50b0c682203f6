namespace StreamScoring.Kafka;

/// <summary>A topic is missing, or is not as the topology says.</summary>
public sealed class TopologyDiffersException(string message) : KafkaFailedException(message);
