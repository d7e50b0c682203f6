using Prometheus;
using StreamScoring.Regions;

namespace StreamScoring.Diagnostics;

/// <summary>Records that were deleted from a log before this process read them. One for the life of a process, whatever starts over.</summary>
public sealed class GoneRecordMeters(CollectorRegistry registry)
{
    private readonly Counter _gone = Metrics.WithCustomRegistry(registry).CreateCounter(
        "scoring_records_gone_total", "Records that were deleted from a log before they were folded, or decided, here.", ["region", "topic", "partition", "before"]);

    /// <summary>Counts records that will never be folded here. From any thread.</summary>
    public void Unfolded(LogId log, long count) => Count(log, count, "fold");

    /// <summary>Counts records that will never be decided. From any thread.</summary>
    public void Undecided(LogId log, long count) => Count(log, count, "decision");

    private void Count(LogId log, long count, string before) => _gone.WithLabels(log.Region, log.Topic, $"{log.Partition}", before).Inc(count);
}
