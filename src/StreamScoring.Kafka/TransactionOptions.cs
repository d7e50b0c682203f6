namespace StreamScoring.Kafka;

/// <summary>How a process writes in transactions.</summary>
/// <param name="Id">Of this process alone. Where it outlives the process, the next one ends at once
/// what its predecessor left open.</param>
/// <param name="Timeout">After which the brokers abort a transaction by themselves.</param>
public sealed record TransactionOptions(string Id, TimeSpan Timeout);
