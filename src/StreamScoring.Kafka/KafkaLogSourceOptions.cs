namespace StreamScoring.Kafka;

/// <summary>What a region's logs are read with.</summary>
public sealed record KafkaLogSourceOptions
{
    public required string Payments { get; init; }

    public required string Labels { get; init; }

    public required string Decisions { get; init; }

    public required string DeadLetters { get; init; }

    /// <summary>The consumer group that shares out the payments partitions; null where this process owns them all.</summary>
    public string? Group { get; init; }

    /// <summary>Whether partitions that others own are folded too.</summary>
    public bool FollowsRegion { get; init; } = true;

    /// <summary>Per log: bytes fetched and not yet taken.</summary>
    public int QueueKilobytesMax { get; init; } = 4096;

    public TimeSpan FetchWaitMax { get; init; } = TimeSpan.FromMilliseconds(500);

    public int RecordBytesMax { get; init; } = 65_536;

    /// <summary>How long to look for brokers and topics at start before giving up.</summary>
    public TimeSpan StartTimeout { get; init; } = TimeSpan.FromSeconds(30);
}
