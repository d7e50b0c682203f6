namespace StreamScoring.Host.Serving;

/// <summary>A state that a process came to.</summary>
/// <param name="Why">What made it; empty where that goes without saying.</param>
internal sealed record LifeStep(LifeState State, DateTimeOffset Since, string Why);
