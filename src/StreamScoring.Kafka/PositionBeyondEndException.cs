using StreamScoring.Logs;

namespace StreamScoring.Kafka;

/// <summary>
/// A log ends before a position that is known of it, so the one or the other is of another topic.
/// Trying again does not help.
/// </summary>
/// <param name="log">The log.</param>
/// <param name="end">Behind its last record.</param>
/// <param name="position">The position.</param>
/// <param name="by">Who says so, and what: <c>the group fraud committed</c>.</param>
/// <param name="whatToDo">The next step where the topic was made anew.</param>
public sealed class PositionBeyondEndException(LogId log, long end, long position, string by, string whatToDo) : KafkaFailedException(
    $"{log} ends at offset {end}, and {by} {position}: the topic was made anew, or its last records are lost. {whatToDo}");
