using StreamScoring.Regions;

namespace StreamScoring.Kafka;

/// <summary>A partition was taken over that this process had folded beyond its last decision: the pipeline has to start over.</summary>
public sealed class OwnershipMovedException(LogId log) : Exception($"{log} is owned now and was folded beyond its last decision: starting over");
