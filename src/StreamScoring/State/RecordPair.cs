using StreamScoring.Logs;

namespace StreamScoring.State;

/// <summary>A record, and another one that it has to do with.</summary>
public readonly record struct RecordPair(LogId Log, long Offset, LogId OtherLog, long OtherOffset);
