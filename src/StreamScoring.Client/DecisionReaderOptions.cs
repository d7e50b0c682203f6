namespace StreamScoring.Client;

/// <summary>Which decisions are read, and how.</summary>
/// <remarks>
/// Without a <see cref="Group"/> nothing is stored, and every run starts at <see cref="From"/>.
/// With one, positions are stored under its name; and unless <see cref="Partitions"/> are named,
/// the group's members share the partitions out among them.
/// </remarks>
public sealed record DecisionReaderOptions
{
    /// <summary>Where a partition starts of which no position is stored.</summary>
    public ReadFrom From { get; init; } = ReadFrom.Beginning;

    /// <summary>The consumer group; null: none.</summary>
    public string? Group { get; init; }

    /// <summary>
    /// These partitions; null: all of them, or with a group those that it gives this member.
    /// </summary>
    public IReadOnlyList<int>? Partitions { get; init; }

    /// <summary>
    /// False: ends at the end of the topic as it was found, which a member of a group cannot.
    /// </summary>
    public bool Follow { get; init; } = true;

    /// <summary>
    /// Only what a transaction committed, where the pipeline writes transactions.
    /// </summary>
    public bool ReadCommitted { get; init; } = true;

    /// <summary>
    /// How often positions are committed by themselves; null: only by
    /// <see cref="DecisionReader.CommitAsync"/>.
    /// </summary>
    public TimeSpan? CommitInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>A member that is silent for so long loses its partitions to the others.</summary>
    public TimeSpan SessionTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a broker holds an answer back for want of data.</summary>
    public TimeSpan FetchWaitMax { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>
    /// Told in a sentence of skipped records, failed commits and broken connections. Must not
    /// throw, and not block.
    /// </summary>
    public Action<string>? Notice { get; init; }
}
