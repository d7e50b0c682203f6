using StreamScoring.Logs;

namespace StreamScoring.Quality;

/// <summary>How far the records of a log are counted.</summary>
/// <param name="topicId">Null where it is not known.</param>
internal sealed class LogMark(LogId log, string? topicId)
{
    public LogId Log => log;

    public string? TopicId => topicId;

    /// <summary>The next offset that is not counted; 0 for none.</summary>
    public long Next { get; set; }

    /// <summary>
    /// Whether nothing was counted since it was read from a file: from then on until the next
    /// record something may have been passed over.
    /// </summary>
    public bool IsRestored { get; set; }
}
