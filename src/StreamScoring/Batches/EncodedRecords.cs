using System.Runtime.InteropServices;
using StreamScoring.Contracts;

namespace StreamScoring.Batches;

/// <summary>
/// The records that a batch writes, encoded one after the other into one reused buffer. Part of the
/// pooled batch.
/// </summary>
public sealed class EncodedRecords
{
    private readonly List<EncodedRecord> _records = [];
    private int _vectorStart;
    private int _vectorLength;

    /// <summary>The bytes of all values.</summary>
    public ReusableBuffer Buffer { get; } = new();

    /// <summary>In row order.</summary>
    public ReadOnlySpan<EncodedRecord> Records => CollectionsMarshal.AsSpan(_records);

    /// <summary>The batch's vector, as header; empty where the batch writes no decision.</summary>
    public ReadOnlySpan<byte> Vector => Buffer.Written.Slice(_vectorStart, _vectorLength);

    /// <summary>Where it stands within <see cref="Buffer"/>.</summary>
    public int VectorStart => _vectorStart;

    /// <summary>Says that the vector stands at the end of the buffer, from here on.</summary>
    public void EndVector(int start) => (_vectorStart, _vectorLength) = (start, Buffer.Length - start);

    /// <summary>How many of the records are dead letters.</summary>
    public int DeadLetterCount { get; private set; }

    /// <summary>How many of the dead letters are of rows that have a decision too.</summary>
    public int BesideDecisionCount { get; private set; }

    /// <summary>
    /// What decisions of the batch's policy are read by; empty where they need nothing. The same
    /// list for all batches of a policy.
    /// </summary>
    public IReadOnlyList<DecisionSchema> Schemas { get; set; } = [];

    public void Add(in EncodedRecord record)
    {
        _records.Add(record);
        DeadLetterCount += record.IsDeadLetter ? 1 : 0;
        BesideDecisionCount += record.IsBesideDecision ? 1 : 0;
    }

    public void Clear()
    {
        _records.Clear();
        (_vectorStart, _vectorLength, DeadLetterCount, BesideDecisionCount) = (0, 0, 0, 0);
        Schemas = [];
        Buffer.Clear();
    }
}
