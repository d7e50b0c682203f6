using System.Diagnostics.Metrics;
using StreamScoring.Signals;

namespace StreamScoring.Logs;

/// <summary>
/// Positions that do not fit their logs. One for the life of a process, whatever starts over. From
/// any thread.
/// </summary>
public sealed class PositionMeters
{
    private readonly MetricFamily<Counter<long>> _gone;
    private readonly MetricFamily<Counter<long>> _ignored;

    public PositionMeters(EngineMeter meter)
    {
        _gone = meter.CreateCounter(
            "scoring_records_gone_total", "Records that were deleted from a log before they were folded, or decided, here.", ["region", "topic", "partition", "before"]);
        _ignored = meter.CreateCounter(
            "scoring_decided_positions_ignored_total", "Decisions found at a takeover that claim a position behind the end of the payments log.", ["region", "topic", "partition"]);
    }

    /// <summary>
    /// What was counted already, so that a graph that starts over does not count it again.
    /// </summary>
    public GoneRecords Gone { get; } = new();

    /// <summary>Counts records that will never be folded here.</summary>
    public void Unfolded(LogId log, long count) => _gone.With(log.Region, log.Topic, $"{log.Partition}", "fold").Add(count);

    /// <summary>Counts records that will never be decided.</summary>
    public void Undecided(LogId log, long count) => _gone.With(log.Region, log.Topic, $"{log.Partition}", "decision").Add(count);

    /// <summary>
    /// Counts decisions that were passed over, as they are on no record of the log.
    /// </summary>
    public void Ignored(LogId log, long count) => _ignored.With(log.Region, log.Topic, $"{log.Partition}").Add(count);
}
