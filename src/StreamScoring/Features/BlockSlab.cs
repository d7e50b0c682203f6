namespace StreamScoring.Features;

/// <summary>
/// Memory for one entity's events: blocks of a power-of-two number of rows. Small ones share pages,
/// a size to a page; large ones stand alone. A page whose blocks find room in others of its size
/// can be emptied and given back, so of each size less than one page's worth of blocks is ever held
/// for nothing (<see cref="TryGiveBackPage"/>).
/// </summary>
internal sealed unsafe class BlockSlab
{
    private const int SizesMax = 32;

    /// <summary>
    /// Blocks of a size that were returned last and are rented first. As keys grow, what one leaves
    /// another takes, so most need no look at a page's head, which would be a cache miss each
    /// (load-tests: <c>fold --exponent 0.5</c>).
    /// </summary>
    private const int RecentMax = 64;

    /// <summary>
    /// Eight blocks or more to a page, so at most an eighth of it is a remainder.
    /// </summary>
    private const int PagedBytesMax = StateMemory.PageBytes / 8;

    private readonly StateMemory _memory;
    private readonly long[] _bytes = new long[SizesMax];
    private readonly BlockPage*[] _withRoom = new BlockPage*[SizesMax];
    private readonly int[] _freeBlocks = new int[SizesMax];
    private readonly nint[] _recent = new nint[SizesMax * RecentMax];
    private readonly int[] _recentCount = new int[SizesMax];

    /// <param name="longsOf">Longs of a block of 2^n rows, by n.</param>
    public BlockSlab(StateMemory memory, Func<int, long> longsOf)
    {
        _memory = memory;
        for (var rowsLog2 = 0; rowsLog2 < SizesMax; rowsLog2++)
        {
            _bytes[rowsLog2] = longsOf(rowsLog2) * sizeof(long);
        }
    }

    public long AllocatedBytes { get; private set; }

    public long BytesOf(int rowsLog2) => _bytes[rowsLog2];

    /// <summary>Memory that renting such a block takes; 0 where one is free.</summary>
    public long BytesMissing(int rowsLog2) => BytesOf(rowsLog2) > PagedBytesMax ? BytesOf(rowsLog2)
        : _freeBlocks[rowsLog2] + _recentCount[rowsLog2] > 0 ? 0
        : StateMemory.PageBytes;

    /// <param name="rowsLog2">The block holds 2^rowsLog2 rows.</param>
    /// <returns>Memory with arbitrary content.</returns>
    public long* Rent(int rowsLog2)
    {
        var bytes = BytesOf(rowsLog2);
        if (bytes > PagedBytesMax)
        {
            return (long*)Take(bytes);
        }

        if (_recentCount[rowsLog2] > 0)
        {
            return (long*)_recent[(rowsLog2 * RecentMax) + --_recentCount[rowsLog2]];
        }

        if (_freeBlocks[rowsLog2] == 0)
        {
            AddPage(rowsLog2, (int)bytes);
        }

        _freeBlocks[rowsLog2]--;
        var page = _withRoom[rowsLog2];
        var block = BlockPage.Rent(page);
        if (page->RentedCount == page->BlockCount)
        {
            Unlink(page, rowsLog2);
        }

        return (long*)block;
    }

    public void Return(long* block, int rowsLog2)
    {
        var bytes = BytesOf(rowsLog2);
        if (bytes > PagedBytesMax)
        {
            GiveBack(block, bytes);
            return;
        }

        if (_recentCount[rowsLog2] == RecentMax)
        {
            ReturnRecent(rowsLog2, RecentMax / 2);
        }

        _recent[(rowsLog2 * RecentMax) + _recentCount[rowsLog2]++] = (nint)block;
    }

    /// <summary>Returns blocks to their pages.</summary>
    /// <param name="kept">How many stay at hand.</param>
    private void ReturnRecent(int rowsLog2, int kept)
    {
        while (_recentCount[rowsLog2] > kept)
        {
            ReturnToPage((void*)_recent[(rowsLog2 * RecentMax) + --_recentCount[rowsLog2]], rowsLog2);
        }
    }

    private void ReturnToPage(void* block, int rowsLog2)
    {
        var page = BlockPage.Of(block);
        if (page->RentedCount == page->BlockCount)
        {
            Link(page, rowsLog2);
        }

        BlockPage.Return(page, block);
        _freeBlocks[rowsLog2]++;
        // One empty page stays, so that a block that comes and goes takes no page each time.
        if (page->RentedCount == 0 && _freeBlocks[rowsLog2] > page->BlockCount)
        {
            Unlink(page, rowsLog2);
            _freeBlocks[rowsLog2] -= page->BlockCount;
            GiveBackPage(page);
        }
    }

    /// <summary>Memory that stands alone and is no block.</summary>
    public void* Take(long bytes)
    {
        AllocatedBytes += bytes;
        return _memory.Take(bytes);
    }

    public void GiveBack(void* memory, long bytes)
    {
        AllocatedBytes -= bytes;
        _memory.GiveBack(memory, bytes);
    }

    /// <summary>
    /// Empties a page. That of a size's pages with the fewest rented blocks, r of b, can be emptied
    /// where the others have r free; where no page can be, a size has fewer than r + (b − r) = b
    /// free blocks.
    /// </summary>
    /// <param name="keys">The slots whose blocks move.</param>
    /// <returns>False where no page can be emptied.</returns>
    public bool TryGiveBackPage(KeyTable keys)
    {
        for (var rowsLog2 = 0; rowsLog2 < SizesMax; rowsLog2++)
        {
            ReturnRecent(rowsLog2, kept: 0);
            var fewest = _withRoom[rowsLog2];
            for (var page = fewest; page != null; page = page->Next)
            {
                fewest = page->RentedCount < fewest->RentedCount ? page : fewest;
            }

            if (fewest != null && _freeBlocks[rowsLog2] >= fewest->BlockCount)
            {
                Empty(fewest, rowsLog2, keys);
                return true;
            }
        }

        return false;
    }

    private void Empty(BlockPage* page, int rowsLog2, KeyTable keys)
    {
        Unlink(page, rowsLog2);
        _freeBlocks[rowsLog2] -= page->BlockCount - page->RentedCount;
        for (var i = 0; i < page->BlockCount; i++)
        {
            if (BlockPage.IsRented(page, i))
            {
                var block = (long*)BlockPage.Block(page, i);
                var moved = Rent(rowsLog2);
                new ReadOnlySpan<byte>(block, page->BlockBytes).CopyTo(new Span<byte>(moved, page->BlockBytes));
                keys.FindBlock((ulong)block[0], block)->Block = moved;
            }
        }

        GiveBackPage(page);
    }

    private void AddPage(int rowsLog2, int blockBytes)
    {
        var page = (BlockPage*)_memory.TakePage();
        BlockPage.Begin(page, blockBytes);
        AllocatedBytes += StateMemory.PageBytes;
        _freeBlocks[rowsLog2] += page->BlockCount;
        Link(page, rowsLog2);
    }

    private void GiveBackPage(BlockPage* page)
    {
        AllocatedBytes -= StateMemory.PageBytes;
        _memory.GiveBackPage(page);
    }

    private void Link(BlockPage* page, int rowsLog2)
    {
        var first = _withRoom[rowsLog2];
        page->Previous = null;
        page->Next = first;
        if (first != null)
        {
            first->Previous = page;
        }

        _withRoom[rowsLog2] = page;
    }

    private void Unlink(BlockPage* page, int rowsLog2)
    {
        if (page->Previous == null)
        {
            _withRoom[rowsLog2] = page->Next;
        }
        else
        {
            page->Previous->Next = page->Next;
        }

        if (page->Next != null)
        {
            page->Next->Previous = page->Previous;
        }
    }
}
