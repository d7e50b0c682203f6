using System.Runtime.InteropServices;

namespace StreamScoring.State;

/// <summary>
/// Open addressing, at most half full, without tombstones. A slot holds what its owner puts there
/// in the lower half, and above it 32 bits that say where it belongs; 0 is a free slot. Its memory
/// is the owner's to free.
/// </summary>
internal unsafe struct SlotTable
{
    public ulong* Slots;

    /// <summary>Slots less one; there is a power of two of them.</summary>
    public int Mask;

    private int _count;

    public SlotTable(int slotCount)
    {
        Slots = NewSlots(slotCount);
        Mask = slotCount - 1;
    }

    /// <summary>Where a slot's content belongs, before the mask.</summary>
    public static int HomeOf(ulong held) => (int)(held >> 32);

    /// <summary>Counts one more, before it is put into its slot.</summary>
    /// <returns>Slots that were added, which moves all others; 0 where there was room.</returns>
    public int MakeRoom()
    {
        if (++_count * 2 <= Mask + 1)
        {
            return 0;
        }

        var old = Slots;
        var oldCount = Mask + 1;
        Slots = NewSlots(2 * oldCount);
        Mask = (2 * oldCount) - 1;
        foreach (var held in new ReadOnlySpan<ulong>(old, oldCount))
        {
            if (held != 0)
            {
                Put(held);
            }
        }

        NativeMemory.Free(old);
        return oldCount;
    }

    /// <summary>Puts what is not there into the first free slot from where it belongs on.</summary>
    public readonly void Put(ulong held)
    {
        var slot = HomeOf(held) & Mask;
        while (Slots[slot] != 0)
        {
            slot = (slot + 1) & Mask;
        }

        Slots[slot] = held;
    }

    /// <returns>False where it is not there.</returns>
    public bool TryRemove(ulong held)
    {
        var slot = HomeOf(held) & Mask;
        while (Slots[slot] != held)
        {
            if (Slots[slot] == 0)
            {
                return false;
            }

            slot = (slot + 1) & Mask;
        }

        Remove(slot);
        _count--;
        return true;
    }

    /// <summary>What was pushed past the freed slot moves back.</summary>
    private readonly void Remove(int slot)
    {
        var free = slot;
        for (var next = (slot + 1) & Mask; Slots[next] != 0; next = (next + 1) & Mask)
        {
            if (((next - HomeOf(Slots[next])) & Mask) >= ((next - free) & Mask))
            {
                Slots[free] = Slots[next];
                free = next;
            }
        }

        Slots[free] = 0;
    }

    private static ulong* NewSlots(int count) => (ulong*)NativeMemory.AllocZeroed((nuint)count, sizeof(ulong));
}
