using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace StreamScoring.State;

/// <summary>
/// Items by their number, a stretch of numbers that moves on. They lie in chunks that come and go
/// at its ends, so that nothing is ever copied to make room: a ring of a million items that doubled
/// would hold up whoever adds one for tens of milliseconds. Outside the collector's heap, which
/// would move them.
/// </summary>
/// <remarks>
/// Whoever calls keeps the ring alive for as long as it uses what <see cref="At"/> gave.
/// </remarks>
internal sealed unsafe class SequenceRing<T>
    where T : unmanaged
{
    private const int ChunkLog2 = 9;

    public const int ChunkItems = 1 << ChunkLog2;

    private readonly nint[] _chunks;
    private readonly Stack<nint> _spare = [];

    /// <param name="itemsMax">Items between the first and the last number that are in use at the
    /// same time.</param>
    public SequenceRing(int itemsMax)
    {
        Invariant.Require(itemsMax > 0);
        // Two more than they fill: those at the two ends are used in part.
        _chunks = new nint[BitOperations.RoundUpToPowerOf2(((uint)itemsMax / ChunkItems) + 2)];
    }

    ~SequenceRing()
    {
        foreach (var chunk in _chunks)
        {
            NativeMemory.Free((void*)chunk);
        }

        foreach (var chunk in _spare)
        {
            NativeMemory.Free((void*)chunk);
        }
    }

    /// <summary>Numbers that differ by a multiple of this share a place. A power of two.</summary>
    public int Places => _chunks.Length * ChunkItems;

    public long AllocatedBytes { get; private set; }

    /// <param name="sequence">A number whose chunk is open, or its place.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ref T At(long sequence) => ref ((T*)_chunks[ChunkOf(sequence)])[sequence & (ChunkItems - 1)];

    public bool IsOpen(long sequence) => _chunks[ChunkOf(sequence)] != 0;

    /// <summary>
    /// Makes sure that the number's chunk is there, with zeros where nothing was written.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Open(long sequence)
    {
        if (_chunks[ChunkOf(sequence)] == 0)
        {
            Take(ChunkOf(sequence));
        }
    }

    /// <summary>The number's chunk is needed no more; all of it must be zeros again.</summary>
    public void Close(long sequence)
    {
        ref var chunk = ref _chunks[ChunkOf(sequence)];
        Invariant.Require(chunk != 0);
        _spare.Push(chunk);
        chunk = 0;
    }

    private int ChunkOf(long sequence) => (int)(sequence >> ChunkLog2) & (_chunks.Length - 1);

    private void Take(int chunk)
    {
        if (!_spare.TryPop(out _chunks[chunk]))
        {
            _chunks[chunk] = (nint)NativeMemory.AllocZeroed(ChunkItems, (nuint)sizeof(T));
            AllocatedBytes += (long)ChunkItems * sizeof(T);
        }
    }
}
