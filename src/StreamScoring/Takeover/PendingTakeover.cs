using StreamScoring.Logs;

namespace StreamScoring.Takeover;

/// <summary>An assignment on its way to be owned.</summary>
internal sealed class PendingTakeover(int number, List<int> partitions, TimeSpan since)
{
    /// <summary>Answers carry it. Each time it is asked anew it has another.</summary>
    public int Number { get; set; } = number;

    public List<int> Partitions { get; } = partitions;

    public TimeSpan Since { get; } = since;

    /// <summary>What was taken of it before is acknowledged.</summary>
    public bool IsDrained { get; set; }

    /// <summary>When it asks again; null where nothing failed.</summary>
    public TimeSpan? AsksAgainAt { get; set; }

    public IReadOnlyDictionary<int, CommittedOffset> Committed { get; set; } = new Dictionary<int, CommittedOffset>();

    public IReadOnlyDictionary<int, long> LogEnds { get; set; } = new Dictionary<int, long>();
}
