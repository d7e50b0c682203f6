namespace StreamScoring.Batches;

/// <summary>The coarse reading of a score, for people.</summary>
public enum RiskLevel : byte
{
    Normal,
    Elevated,
    Highest,
}
