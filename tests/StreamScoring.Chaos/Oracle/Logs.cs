namespace StreamScoring.Chaos.Oracle;

/// <summary>Everything that stands in the topics, each partition in offset order.</summary>
public sealed record Logs(IReadOnlyList<LogRecord> Payments, IReadOnlyList<LogRecord> Labels, IReadOnlyList<LogRecord> Decisions, IReadOnlyList<LogRecord> DeadLetters);
