namespace StreamScoring.Regions;

/// <summary>What a log carries.</summary>
public enum LogKind : byte
{
    Labels,
    Payments,
}
