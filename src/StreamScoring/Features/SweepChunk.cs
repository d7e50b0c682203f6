namespace StreamScoring.Features;

/// <summary>
/// Images of some keys of one entity, one after the other (<see cref="SlotImage"/>).
/// </summary>
/// <param name="Entity">Index of the entity in the feature file; one past the last: a part of the
/// record of evicted keys (<see cref="EvictedKeys"/>).</param>
public readonly record struct SweepChunk(int Entity, ReadOnlyMemory<byte> Images);
