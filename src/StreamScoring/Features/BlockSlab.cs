namespace StreamScoring.Features;

/// <summary>
/// Memory for events: blocks of a power-of-two number of rows, cut from a few big pinned arrays and reused. So a million keys are not a
/// million objects for the collector to walk, and pointers into it stay valid.
/// </summary>
internal sealed unsafe class BlockSlab
{
    private const int ChunkLongs = 1 << 20;

    private readonly List<long[]> _chunks = [];
    private readonly Stack<nint>[] _free = new Stack<nint>[32];
    private readonly int _headLongs;
    private readonly int _stride;
    private long* _next;
    private long _left;

    public BlockSlab(int headLongs, int stride)
    {
        (_headLongs, _stride) = (headLongs, stride);
        for (var i = 0; i < _free.Length; i++)
        {
            _free[i] = new Stack<nint>();
        }
    }

    public long AllocatedBytes { get; private set; }

    /// <param name="rowsLog2">The block holds 2^rowsLog2 rows.</param>
    /// <returns>Memory with arbitrary content.</returns>
    public long* Rent(int rowsLog2)
    {
        if (_free[rowsLog2].TryPop(out var block))
        {
            return (long*)block;
        }

        var longs = _headLongs + (((long)_stride) << rowsLog2);
        if (longs > _left)
        {
            // A remainder too small for this block is given up: at most one block of each size per chunk.
            AddChunk(Math.Max(longs, ChunkLongs));
        }

        var rented = _next;
        _next += longs;
        _left -= longs;
        return rented;
    }

    public void Return(long* block, int rowsLog2) => _free[rowsLog2].Push((nint)block);

    private void AddChunk(long longs)
    {
        var chunk = GC.AllocateUninitializedArray<long>(checked((int)longs), pinned: true);
        _chunks.Add(chunk);
        AllocatedBytes += longs * sizeof(long);
        _next = (long*)System.Runtime.CompilerServices.Unsafe.AsPointer(ref chunk[0]);
        _left = longs;
    }
}
