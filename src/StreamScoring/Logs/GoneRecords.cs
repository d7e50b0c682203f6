namespace StreamScoring.Logs;

/// <summary>
/// Counts the records of logs that retention, or a deletion by hand, took before they were read.
/// Each counts once, however often a log's first offset is looked at, and whatever starts over
/// meanwhile. From any thread.
/// </summary>
public sealed class GoneRecords
{
    private readonly Dictionary<(LogId Log, string? TopicId, bool IsUndecided), long> _countedThrough = [];
    private readonly Lock _lock = new();

    /// <summary>Notes where a log begins.</summary>
    /// <param name="topicId">Of its topic: one that is made anew has positions of its own; null
    /// where it is not known.</param>
    /// <param name="isUndecided">Whether what is gone was owed a decision; else, whether it was to
    /// be folded.</param>
    /// <param name="begin">Its first offset.</param>
    /// <param name="next">The offset that was to be read next.</param>
    /// <returns>Records between the two that were not counted before.</returns>
    public long Note(LogId log, string? topicId, bool isUndecided, long begin, long next)
    {
        lock (_lock)
        {
            var counted = _countedThrough.GetValueOrDefault((log, topicId, isUndecided));
            _countedThrough[(log, topicId, isUndecided)] = Math.Max(counted, begin);
            return Math.Max(0, begin - Math.Max(next, counted));
        }
    }
}
