using Microsoft.Extensions.Logging;
using StreamScoring.Signals;

namespace StreamScoring.Logs;

/// <summary>
/// Says and counts what was deleted from a log before it was read. From any thread.
/// </summary>
/// <param name="meters">Null where nobody counts.</param>
public sealed class RecordLosses(PositionMeters? meters, ILogger logger)
{
    private readonly GoneRecords _gone = meters?.Gone ?? new GoneRecords();

    /// <summary>What lies before the log's first offset will never be folded here.</summary>
    /// <param name="topicId">Of the log's topic; null where it is not known.</param>
    /// <param name="begin">The log's first offset.</param>
    /// <param name="next">The offset that was to be folded next.</param>
    public void Unfolded(LogId log, string? topicId, long begin, long next)
    {
        if (_gone.Note(log, topicId, isUndecided: false, begin, next) is > 0 and var count)
        {
            meters?.Unfolded(log, count);
            logger.GoneBeforeFold(log.Region, log.Topic, log.Partition, begin, count);
        }
    }

    /// <summary>What lies before the log's first offset will never be decided.</summary>
    /// <inheritdoc cref="Unfolded"/>
    /// <param name="next">The offset that was to be decided next.</param>
    public void Undecided(LogId log, string? topicId, long begin, long next)
    {
        if (_gone.Note(log, topicId, isUndecided: true, begin, next) is > 0 and var count)
        {
            meters?.Undecided(log, count);
            logger.GoneBeforeDecision(log.Region, log.Topic, log.Partition, begin, count);
        }
    }
}
