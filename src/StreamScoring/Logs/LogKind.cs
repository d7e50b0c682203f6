namespace StreamScoring.Logs;

/// <summary>What a log carries.</summary>
public enum LogKind : byte
{
    Labels,
    Payments,
}
