namespace StreamScoring.Files;

/// <summary>
/// Records of one kind in memory, in their wire form: bytes in big chunks, positions beside them. A
/// million are not a million objects.
/// </summary>
internal sealed class EventStore
{
    private const int ChunkBytes = 4 * 1024 * 1024;

    private readonly List<byte[]> _chunks = [];
    private readonly List<(long OrderMs, int Chunk, int Start, int Length, int File, int Row, bool? Fraud)> _records = [];
    private int _used = ChunkBytes;

    public int Count => _records.Count;

    /// <summary>
    /// What the record is ordered by: a payment's event time, a label's known-at time.
    /// </summary>
    public long OrderMs(int index) => _records[index].OrderMs;

    public ReadOnlyMemory<byte> Value(int index)
    {
        var (_, chunk, start, length, _, _, _) = _records[index];
        return _chunks[chunk].AsMemory(start, length);
    }

    /// <summary>The file and row that the record was made of, as they were given.</summary>
    public (int File, int Row) Origin(int index) => (_records[index].File, _records[index].Row);

    /// <summary>A payment's label by its own row; null where that does not say.</summary>
    public bool? Fraud(int index) => _records[index].Fraud;

    public void Add(long orderMs, ReadOnlySpan<byte> value, int file, int row, bool? fraud)
    {
        if (ChunkBytes - _used < value.Length)
        {
            _chunks.Add(GC.AllocateUninitializedArray<byte>(Math.Max(ChunkBytes, value.Length)));
            _used = 0;
        }

        value.CopyTo(_chunks[^1].AsSpan(_used));
        _records.Add((orderMs, _chunks.Count - 1, _used, value.Length, file, row, fraud));
        _used += value.Length;
    }

    /// <summary>By time, records of equal time as they were added.</summary>
    public void Sort()
    {
        for (var i = 1; i < _records.Count; i++)
        {
            if (_records[i].OrderMs < _records[i - 1].OrderMs)
            {
                var sorted = _records.OrderBy(record => record.OrderMs).ToList();
                _records.Clear();
                _records.AddRange(sorted);
                return;
            }
        }
    }

    /// <summary>
    /// Keeps the order of the file: what a record is ordered by becomes the latest time seen up to
    /// it.
    /// </summary>
    public void KeepOrder()
    {
        var latest = long.MinValue;
        for (var i = 0; i < _records.Count; i++)
        {
            latest = Math.Max(latest, _records[i].OrderMs);
            _records[i] = _records[i] with { OrderMs = latest };
        }
    }
}
