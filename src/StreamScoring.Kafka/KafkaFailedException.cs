namespace StreamScoring.Kafka;

/// <summary>
/// Kafka cannot be used as the topology says. The message names region, topic or setting, and the
/// next step.
/// </summary>
public class KafkaFailedException : Exception
{
    public KafkaFailedException(string message)
        : base(message)
    {
    }

    public KafkaFailedException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
