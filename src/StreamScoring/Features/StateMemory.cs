using System.Runtime.InteropServices;

namespace StreamScoring.Features;

/// <summary>
/// The memory of all keyed state, and its ceiling. It lies outside the collector's heap: it is
/// never moved, is nothing to walk, and what is given back is free at once. Pages are all of one
/// size, so that one that is given back serves any other block.
/// </summary>
/// <remarks>
/// The collector is not told of it (<see cref="GC.AddMemoryPressure"/>): it would collect
/// everything again and again while a state grows, and find nothing. Whoever replaces a state while
/// the process goes on has it collected.
/// </remarks>
internal sealed unsafe class StateMemory(long bytesMax)
{
    public const int PageBytes = 1 << 18;

    private const int CacheLine = 64;

    private readonly HashSet<nint> _taken = [];
    private readonly PageGroups _pages = new();

    ~StateMemory()
    {
        foreach (var taken in _taken)
        {
            NativeMemory.AlignedFree((void*)taken);
        }
    }

    public long BytesMax => bytesMax;

    public long AllocatedBytes { get; private set; }

    /// <summary>
    /// Times that memory was taken beyond the ceiling, because nothing was left that could go
    /// instead.
    /// </summary>
    public long TimesExceeded { get; private set; }

    public bool Fits(long bytes) => AllocatedBytes + bytes <= bytesMax;

    /// <returns>A page, at an address that is a multiple of its size, with arbitrary
    /// content.</returns>
    public void* TakePage()
    {
        Count(PageBytes);
        return _pages.Rent(_taken);
    }

    public void GiveBackPage(void* page)
    {
        _pages.Return(page, _taken);
        Uncount(PageBytes);
    }

    /// <returns>Memory with arbitrary content.</returns>
    public void* Take(long bytes)
    {
        Count(bytes);
        var isHuge = bytes >= HugePages.Bytes;
        var taken = NativeMemory.AlignedAlloc((nuint)bytes, (nuint)(isHuge ? HugePages.Bytes : CacheLine));
        if (isHuge)
        {
            HugePages.Ask(taken, bytes / HugePages.Bytes * HugePages.Bytes);
        }

        _taken.Add((nint)taken);
        return taken;
    }

    public void GiveBack(void* memory, long bytes)
    {
        Invariant.Require(_taken.Remove((nint)memory));
        NativeMemory.AlignedFree(memory);
        Uncount(bytes);
    }

    private void Count(long bytes)
    {
        TimesExceeded += Fits(bytes) ? 0 : 1;
        AllocatedBytes += bytes;
    }

    private void Uncount(long bytes) => AllocatedBytes -= bytes;
}
