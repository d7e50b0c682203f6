namespace StreamScoring.Kafka;

/// <summary>
/// The group still counts a former process of the same <c>membership.instance</c> as a member. With
/// the consumer protocol its successor is let in when that one's session is over, so trying again
/// is all there is to do; unless two processes were given one name.
/// </summary>
public sealed class InstanceInUseException(string message) : KafkaFailedException(message);
