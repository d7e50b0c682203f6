namespace StreamScoring.Files;

/// <summary>
/// Bytes of records, in chunks: the first ones in memory, those beyond a budget in a file that
/// nobody else sees. Many threads may add; whoever reads does so once all is there.
/// </summary>
/// <param name="memoryBytesMax">Of full chunks that stay in memory.</param>
internal sealed class EventChunks(long memoryBytesMax = EventChunks.MemoryBytesDefault)
{
    /// <summary>Some seven million payments.</summary>
    public const long MemoryBytesDefault = 1L << 30;

    /// <summary>Records are mostly read in the order in which they were written, from a few
    /// tables.</summary>
    private const int ReadBackMax = 32;

    private readonly Lock _gate = new();
    private readonly List<byte[]?> _chunks = [];
    private readonly Dictionary<int, long> _places = [];
    private readonly Dictionary<int, int> _lengths = [];

    /// <summary>Chunks that were read back, the one that was asked for last at the end.</summary>
    private readonly OrderedDictionary<int, byte[]> _readBack = [];
    private FileStream? _file;
    private long _memoryBytes;

    /// <summary>Bytes that lie in the file.</summary>
    public long SpilledBytes { get; private set; }

    /// <summary>An empty chunk.</summary>
    /// <returns>Its number.</returns>
    public int Open(int bytes, out byte[] chunk)
    {
        chunk = GC.AllocateUninitializedArray<byte>(bytes);
        lock (_gate)
        {
            _chunks.Add(chunk);
            return _chunks.Count - 1;
        }
    }

    /// <summary>Nothing more comes into a chunk.</summary>
    /// <param name="usedBytes">That are filled.</param>
    /// <exception cref="IOException">There is no room for it.</exception>
    public void Close(int number, int usedBytes)
    {
        lock (_gate)
        {
            var chunk = _chunks[number]!;
            if (_memoryBytes + chunk.Length <= memoryBytesMax)
            {
                _memoryBytes += chunk.Length;
                return;
            }

            _file ??= Unseen();
            RandomAccess.Write(_file.SafeFileHandle, chunk.AsSpan(0, usedBytes), SpilledBytes);
            (_places[number], _lengths[number], _chunks[number]) = (SpilledBytes, usedBytes, null);
            SpilledBytes += usedBytes;
        }
    }

    /// <returns>The chunk; not to be kept.</returns>
    public byte[] Get(int number) => _chunks[number] ?? ReadBack(number);

    private byte[] ReadBack(int number)
    {
        lock (_gate)
        {
            if (_readBack.TryGetValue(number, out var chunk))
            {
                if (_readBack.GetAt(_readBack.Count - 1).Key != number)
                {
                    _readBack.Remove(number);
                    _readBack.Add(number, chunk);
                }

                return chunk;
            }

            chunk = GC.AllocateUninitializedArray<byte>(_lengths[number]);
            var (read, place) = (0, _places[number]);
            while (read < chunk.Length)
            {
                var count = RandomAccess.Read(_file!.SafeFileHandle, chunk.AsSpan(read), place + read);
                Invariant.Require(count > 0);
                read += count;
            }

            if (_readBack.Count == ReadBackMax)
            {
                _readBack.RemoveAt(0);
            }

            _readBack.Add(number, chunk);
            return chunk;
        }
    }

    /// <summary>It has no name any more, so that nothing of it stays however this process ends.
    /// </summary>
    private static FileStream Unseen()
    {
        var path = Path.Combine(Path.GetTempPath(), $"scoring-events-{Guid.NewGuid():n}");
        var file = new FileStream(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.Delete, bufferSize: 0);
        File.Delete(path);
        return file;
    }
}
