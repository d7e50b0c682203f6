using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace StreamScoring.Features;

/// <summary>
/// The head of a page of equal blocks: which of them are rented. Behind it lie a bit for each
/// block, and the blocks.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct BlockPage
{
    /// <summary>Neighbours in the list of pages of this size that have a free block.</summary>
    public BlockPage* Next;
    public BlockPage* Previous;
    public int BlockCount;
    public int RentedCount;
    public int BlockBytes;

    /// <summary>No word before it has a free block.</summary>
    private int _firstFreeWord;

    /// <returns>How many blocks of a size fit into a page beside its head.</returns>
    public static int BlocksOf(int blockBytes)
    {
        var count = (StateMemory.PageBytes - sizeof(BlockPage)) / blockBytes;
        return (StateMemory.PageBytes - HeadBytes(count)) / blockBytes;
    }

    public static BlockPage* Of(void* block) => (BlockPage*)((nuint)block & ~(nuint)(StateMemory.PageBytes - 1));

    public static void Begin(BlockPage* page, int blockBytes)
    {
        *page = new BlockPage { BlockBytes = blockBytes, BlockCount = BlocksOf(blockBytes) };
        var words = new Span<ulong>(page + 1, WordsOf(page->BlockCount));
        words.Clear();
        if (page->BlockCount % 64 > 0)
        {
            // Bits of blocks that are not there count as rented.
            words[^1] = ulong.MaxValue << (page->BlockCount % 64);
        }
    }

    public static void* Rent(BlockPage* page)
    {
        var words = (ulong*)(page + 1);
        var word = page->_firstFreeWord;
        while (words[word] == ulong.MaxValue)
        {
            word++;
        }

        page->_firstFreeWord = word;
        page->RentedCount++;
        var bit = BitOperations.TrailingZeroCount(~words[word]);
        words[word] |= 1UL << bit;
        return Block(page, (word * 64) + bit);
    }

    public static void Return(BlockPage* page, void* block)
    {
        var index = (int)((byte*)block - (byte*)Block(page, 0)) / page->BlockBytes;
        ref var word = ref ((ulong*)(page + 1))[index / 64];
        Invariant.Require((word >> (index % 64) & 1) == 1);
        word &= ~(1UL << (index % 64));
        page->RentedCount--;
        page->_firstFreeWord = Math.Min(page->_firstFreeWord, index / 64);
    }

    public static bool IsRented(BlockPage* page, int index) => (((ulong*)(page + 1))[index / 64] >> (index % 64) & 1) == 1;

    public static void* Block(BlockPage* page, int index) => (byte*)page + HeadBytes(page->BlockCount) + ((long)index * page->BlockBytes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int HeadBytes(int blockCount) => sizeof(BlockPage) + (WordsOf(blockCount) * sizeof(ulong));

    private static int WordsOf(int blockCount) => (blockCount + 63) / 64;
}
