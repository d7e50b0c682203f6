namespace StreamScoring.Files;

/// <summary>
/// Records of one kind, in their wire form: bytes in big chunks, positions beside them. A million
/// are not a million objects.
/// </summary>
internal sealed class EventStore(EventChunks chunks, int chunkBytesMax = EventStore.ChunkBytesDefault)
{
    private const int ChunkBytesDefault = 4 * 1024 * 1024, ChunkBytesMin = 64 * 1024;

    private readonly List<(long OrderMs, int Chunk, int Start, int Length, int File, int Row, bool? Fraud)> _records = [];

    /// <summary>By record the latest time up to it; null where they are in the order of
    /// time.</summary>
    private long[]? _latestMs;

    /// <summary>The one that is being filled.</summary>
    private byte[] _chunk = [];
    private int _chunkNumber = -1;
    private int _used;

    public int Count => _records.Count;

    /// <summary>
    /// What the record is ordered by: a payment's event time, a label's known-at time.
    /// </summary>
    public long OrderMs(int index) => _latestMs?[index] ?? _records[index].OrderMs;

    public ReadOnlyMemory<byte> Value(int index)
    {
        var (_, chunk, start, length, _, _, _) = _records[index];
        return chunks.Get(chunk).AsMemory(start, length);
    }

    /// <summary>The file and row that the record was made of, as they were given.</summary>
    public (int File, int Row) Origin(int index) => (_records[index].File, _records[index].Row);

    /// <summary>A payment's label by its own row; null where that does not say.</summary>
    public bool? Fraud(int index) => _records[index].Fraud;

    public void Add(long orderMs, ReadOnlySpan<byte> value, int file, int row, bool? fraud)
    {
        if (_chunkNumber < 0 || _chunk.Length - _used < value.Length)
        {
            if (_chunkNumber >= 0)
            {
                chunks.Close(_chunkNumber, _used);
            }

            // A small table takes a small one.
            _chunkNumber = chunks.Open(Math.Max(Math.Min(chunkBytesMax, Math.Max(ChunkBytesMin, 2 * _chunk.Length)), value.Length), out _chunk);
            _used = 0;
        }

        value.CopyTo(_chunk.AsSpan(_used));
        _records.Add((orderMs, _chunkNumber, _used, value.Length, file, row, fraud));
        _used += value.Length;
    }

    /// <summary>Takes the records of another store of the same chunks, behind its own.</summary>
    public void Append(EventStore other) => _records.AddRange(other._records);

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

    /// <summary>Puts records in another order, and keeps that.</summary>
    /// <param name="order">[records] Their numbers of now; each once.</param>
    public void Reorder(IReadOnlyList<int> order)
    {
        Invariant.Require(order.Count == _records.Count);
        var reordered = order.Select(index => _records[index]).ToList();
        _records.Clear();
        _records.AddRange(reordered);
        KeepOrder();
    }

    /// <summary>
    /// Keeps the order in which records stand: what one is ordered by becomes the latest time seen
    /// up to it.
    /// </summary>
    public void KeepOrder()
    {
        _latestMs = new long[_records.Count];
        var latest = long.MinValue;
        for (var i = 0; i < _latestMs.Length; i++)
        {
            _latestMs[i] = latest = Math.Max(latest, _records[i].OrderMs);
        }
    }
}
