namespace StreamScoring.Kafka;

/// <summary>
/// Brokers answer, and do not let this process in: credentials or certificates are wrong.
/// </summary>
public sealed class AccessRefusedException(string message, Exception innerException) : KafkaFailedException(message, innerException);
