using Confluent.Kafka;

namespace StreamScoring.KafkaClients;

/// <summary>What brokers say of a topic.</summary>
/// <param name="Id">As Kafka writes it; a topic that was deleted and made again has another. Empty
/// where they tell none.</param>
/// <param name="Error"><see cref="ErrorCode.UnknownTopicOrPart"/> where it is not there; nothing
/// else is known then.</param>
public sealed record DescribedTopic(string Name, string Id, int PartitionCount, ErrorCode Error)
{
    public bool IsError => Error != ErrorCode.NoError;
}
