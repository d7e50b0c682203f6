namespace StreamScoring.Chaos.Oracle;

/// <summary>
/// The records of a partition before an offset were deleted, or the brokers were asked to.
/// </summary>
public readonly record struct Deletion(int Partition, long Before);
