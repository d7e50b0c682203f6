namespace StreamScoring.Emit;

/// <summary>The records that a batch writes, encoded one after the other into one reused buffer.</summary>
public sealed class EncodedRecords
{
    private readonly List<EncodedRecord> _records = [];

    /// <summary>The bytes of all records.</summary>
    public ReusableBuffer Buffer { get; } = new();

    public IReadOnlyList<EncodedRecord> Records => _records;

    public ReadOnlySpan<EncodedRecord> AsSpan() => System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_records);

    public void Add(in EncodedRecord record) => _records.Add(record);

    public void Clear()
    {
        _records.Clear();
        Buffer.Clear();
    }
}
