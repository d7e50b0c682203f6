using StreamScoring.Decisions;
using StreamScoring.Logs;

namespace StreamScoring.Kafka;

/// <summary>What a region's logs are read with.</summary>
public sealed record KafkaLogSourceOptions
{
    public required string Payments { get; init; }

    public required string Labels { get; init; }

    public required string Decisions { get; init; }

    public required string DeadLetters { get; init; }

    /// <summary>
    /// The consumer group that shares out the payments partitions; null where this process owns
    /// them all.
    /// </summary>
    public GroupOptions? Group { get; init; }

    /// <summary>Whether partitions that others own are folded too.</summary>
    public bool FollowsRegion { get; init; } = true;

    /// <summary>
    /// By log index: where to read on, as the state holds everything before; 0 for the log's
    /// beginning.
    /// </summary>
    public IReadOnlyList<long> Folded
    {
        get => Range?.Start ?? field;
        init;
    } = [];

    /// <summary>
    /// The stretch of the logs that is read and decided, whatever was decided before, after which
    /// the source is completed; null: from what is decided on, without an end.
    /// </summary>
    public LogRange? Range { get; init; }

    /// <summary>By the region where logs of other regions are read: how it is reached.</summary>
    public IReadOnlyDictionary<string, KafkaConnection> Followed { get; init; } = new Dictionary<string, KafkaConnection>();

    /// <summary>Told how far the logs are known.</summary>
    public required LogCoverage Coverage { get; init; }

    /// <summary>Told how the logs stand.</summary>
    public required LogHealth Health { get; init; }

    /// <summary>
    /// How long the start waits for other regions, so that a backlog is decided with what they
    /// know; one that is dead is done without.
    /// </summary>
    public TimeSpan FollowedStartWait { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Told the latest decisions of each partition that is taken over; null where nobody wants to
    /// know.
    /// </summary>
    public FirstDecisions? Firsts { get; init; }

    /// <summary>
    /// Counts positions that do not fit their logs; null where nobody wants to know.
    /// </summary>
    public PositionMeters? Positions { get; init; }

    /// <summary>Per log: bytes fetched and not yet taken.</summary>
    public int QueueKilobytesMax { get; init; } = 4096;

    public TimeSpan FetchWaitMax { get; init; } = TimeSpan.FromMilliseconds(500);

    public int RecordBytesMax { get; init; } = 65_536;

    /// <summary>How long to look for brokers and topics at start before giving up.</summary>
    public TimeSpan StartTimeout { get; init; } = TimeSpan.FromSeconds(30);
}
