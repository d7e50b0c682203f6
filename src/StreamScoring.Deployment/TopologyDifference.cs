namespace StreamScoring.Deployment;

/// <summary>A key that the topology file and a running process have different values of.</summary>
/// <param name="File">As the file has it; null for a secret.</param>
/// <param name="InForce">As the process has it; null for a secret.</param>
/// <param name="IsLive">False where it takes a restart to bring it in force.</param>
public sealed record TopologyDifference(string Key, string? File, string? InForce, bool IsLive);
