namespace StreamScoring.Client;

/// <summary>How far a partition of decisions was read: what a commit stores.</summary>
/// <param name="seen">As of <paramref name="next"/>.</param>
/// <param name="next">Offset of the record behind the last that was dealt with.</param>
internal sealed class PartitionProgress(SourcePositions seen, long next, bool isCommitted)
{
    public SourcePositions Seen { get; } = seen;

    /// <summary>Of the batches that were read last.</summary>
    public BatchVectors Vectors { get; } = new();

    public long Next { get; private set; } = next;

    /// <summary>True while the group's stored position is not this one.</summary>
    public bool IsDirty { get; private set; } = !isCommitted;

    public void Advance(long next) => (Next, IsDirty) = (next, true);

    public void Committed() => IsDirty = false;
}
