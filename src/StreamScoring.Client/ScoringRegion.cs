using StreamScoring.Contracts;

namespace StreamScoring.Client;

/// <summary>
/// A region of a deployment as its clients reach it: brokers, topics and the field that keys
/// payments. As in its topology file.
/// </summary>
public sealed record ScoringRegion
{
    /// <summary>The region's name: the first part of every position and decision id.</summary>
    public required string Name { get; init; }

    public required KafkaSettings Kafka { get; init; }

    public string Payments { get; init; } = "payments";

    public string Labels { get; init; } = "labels";

    public string Decisions { get; init; } = "decisions";

    public string DeadLetters { get; init; } = "dead-letters";

    /// <summary>What decisions have in common: decisions name a record of it.</summary>
    public string Schemas { get; init; } = "schemas";

    /// <summary>Answers of shadow models that came after their decisions.</summary>
    public string Shadow { get; init; } = "shadow";

    /// <summary>
    /// The partitioning entity: the topology's <c>partitionBy</c>. An entity's payments, and a
    /// payment's retries, land in one partition, in order.
    /// </summary>
    public TextField PartitionBy { get; init; } = TextField.CardId;
}
