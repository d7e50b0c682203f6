namespace StreamScoring.Deployment.Capacity;

/// <summary>Something a process has only so much of.</summary>
/// <param name="Unit">Of both numbers: <c>cores</c>, <c>bytes</c>, <c>bytes/s</c> or
/// <c>keys</c>.</param>
public sealed record CapacityLimit(string Name, double Used, double Allowed, string Unit)
{
    public double Share => Used / Allowed;
}
