using System.Runtime.InteropServices;

namespace StreamScoring.Emit;

/// <summary>The records that a batch writes, encoded one after the other into one reused buffer. Part of the pooled batch.</summary>
public sealed class EncodedRecords
{
    private readonly List<EncodedRecord> _records = [];

    /// <summary>The bytes of all values.</summary>
    public ReusableBuffer Buffer { get; } = new();

    /// <summary>In row order.</summary>
    public ReadOnlySpan<EncodedRecord> Records => CollectionsMarshal.AsSpan(_records);

    public void Add(in EncodedRecord record) => _records.Add(record);

    public void Clear()
    {
        _records.Clear();
        Buffer.Clear();
    }
}
