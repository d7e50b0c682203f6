using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

namespace StreamScoring.Features;

/// <summary>
/// Open addressing with linear probing over slots of a cache line, as a rule at most half full.
/// Where a key belongs is a secret (<see cref="SlotHash"/>).
/// </summary>
internal sealed unsafe class KeyTable
{
    private const int SlotCountMin = 1 << 10;

    /// <summary>
    /// Room for a batch of 1024 new keys beside a thousand: below that nothing is won.
    /// </summary>
    private const int ShrunkSlotsMin = 1 << 13;

    private readonly StateMemory _memory;
    private readonly SlotHash _hash;
    private KeySlot* _first;
    private ulong _mask;

    public KeyTable(StateMemory memory, SlotHash hash)
    {
        (_memory, _hash) = (memory, hash);
        Take(SlotCountMin);
    }

    /// <summary>How often all keys moved.</summary>
    public int Resizes { get; private set; }

    /// <summary>Keys held.</summary>
    public int Count { get; private set; }

    public long AllocatedBytes => BytesOf(SlotCount);

    /// <summary>What the next growth takes, until what there is now is given back.</summary>
    public long GrowthBytes => BytesOf(SlotCount * 2L);

    public ReadOnlySpan<KeySlot> Slots => new(_first, SlotCount);

    /// <summary>Slots, free ones included.</summary>
    public int SlotCount => (int)_mask + 1;

    /// <returns>A slot, which is free where its block is null.</returns>
    public KeySlot* At(int slotIndex) => _first + slotIndex;

    /// <returns>The slot behind, the first one behind the last.</returns>
    public KeySlot* Next(KeySlot* slot) => _first + ((ulong)(slot - _first + 1) & _mask);

    /// <summary>
    /// Makes room, so that slots stay where they are while up to so many keys are added. At the
    /// ceiling the table fills to three quarters.
    /// </summary>
    /// <returns>False where the table is as full as it may be, and there is no memory for a larger
    /// one.</returns>
    public bool TryReserve(int keys)
    {
        while ((Count + keys) * 2L > SlotCount)
        {
            if (!_memory.Fits(GrowthBytes))
            {
                return (Count + keys) * 4L <= SlotCount * 3L;
            }

            Grow();
        }

        return true;
    }

    /// <summary>
    /// Sizes an empty table for keys that are about to come. Beyond an eighth of the ceiling it
    /// grows as they come: then it is seen in time where there is no memory.
    /// </summary>
    public void Expect(long keyCount)
    {
        Invariant.Require(Count == 0);
        var slotCount = (long)SlotCount;
        while (slotCount < keyCount * 2 && BytesOf(slotCount * 2) <= _memory.BytesMax / 8 && _memory.Fits(BytesOf(slotCount * 2)))
        {
            slotCount *= 2;
        }

        if (slotCount > SlotCount)
        {
            Resize(checked((int)slotCount));
        }
    }

    public void Grow() => Resize(checked(SlotCount * 2));

    /// <summary>
    /// Gives memory back where few keys are left. The table is then at most a quarter full, so it
    /// does not grow again at once.
    /// </summary>
    public void Shrink()
    {
        if (SlotCount > ShrunkSlotsMin && Count * 8L < SlotCount && _memory.Fits(BytesOf(SlotCount / 2)))
        {
            Resize(SlotCount / 2);
        }
    }

    /// <param name="hash">The key's (<see cref="HashOf"/>).</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Prefetch(ulong hash)
    {
        if (Sse.IsSupported)
        {
            Sse.Prefetch0(_first + (hash & _mask));
        }
    }

    /// <returns>Null where the key is not there.</returns>
    /// <param name="known">Where it was found since the keys last moved (<see cref="Resizes"/>), so
    /// that it is mostly still there; null: not known.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public KeySlot* Find(UInt128 key, KeySlot* known) =>
        // Of a free slot both words are 0, which no key's are.
        known != null && known->KeyLow == (ulong)key && known->KeyHigh == (ulong)(key >> 64) ? known : Find(key);

    /// <returns>Null where the key is not there.</returns>
    public KeySlot* Find(UInt128 key) => Find(key, HashOf(key));

    /// <returns>Null where the key is not there.</returns>
    /// <param name="hash">The key's (<see cref="HashOf"/>).</param>
    public KeySlot* Find(UInt128 key, ulong hash)
    {
        var (low, high) = ((ulong)key, (ulong)(key >> 64));
        for (var index = hash & _mask; ; index = (index + 1) & _mask)
        {
            var slot = _first + index;
            if (slot->Block == null)
            {
                return null;
            }

            if (slot->KeyLow == low && slot->KeyHigh == high)
            {
                return slot;
            }
        }
    }

    /// <summary>Adds a key that is not there; the caller sets the block at once.</summary>
    public KeySlot* Add(UInt128 key)
    {
        var (low, high) = ((ulong)key, (ulong)(key >> 64));
        var index = _hash.Of(low, high) & _mask;
        while (_first[index].Block != null)
        {
            index = (index + 1) & _mask;
        }

        Count++;
        Invariant.Require(Count * 4L <= SlotCount * 3L);
        var slot = _first + index;
        *slot = default;
        (slot->KeyLow, slot->KeyHigh) = (low, high);
        return slot;
    }

    /// <summary>
    /// Removes a key. Slots behind it that were pushed on by it move back, so a search never meets
    /// a gap; the same slot may then hold another key.
    /// </summary>
    public void Remove(KeySlot* removed)
    {
        Count--;
        var free = removed;
        for (var next = Next(free); next->Block != null; next = Next(next))
        {
            var home = _hash.Of(next->KeyLow, next->KeyHigh) & _mask;
            if ((((ulong)(next - _first) - home) & _mask) >= (((ulong)(next - free)) & _mask))
            {
                *free = *next;
                free = next;
            }
        }

        *free = default;
    }

    /// <summary>
    /// By which a key's slot is found again from its block (<see cref="FindBlock"/>).
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong HashOf(UInt128 key) => _hash.Of((ulong)key, (ulong)(key >> 64));

    /// <returns>The slot of the key that has that hash and whose events lie there.</returns>
    public KeySlot* FindBlock(ulong hash, long* block)
    {
        var slot = _first + (hash & _mask);
        while (slot->Block != block)
        {
            Invariant.Require(slot->Block != null);
            slot = Next(slot);
        }

        return slot;
    }

    private static long BytesOf(long slotCount) => slotCount * sizeof(KeySlot);

    private void Resize(int slotCount)
    {
        var (old, oldCount) = ((nint)_first, SlotCount);
        Take(slotCount);
        Resizes++;
        foreach (ref readonly var slot in new ReadOnlySpan<KeySlot>((void*)old, oldCount))
        {
            if (slot.Block != null)
            {
                var index = _hash.Of(slot.KeyLow, slot.KeyHigh) & _mask;
                while (_first[index].Block != null)
                {
                    index = (index + 1) & _mask;
                }

                _first[index] = slot;
            }
        }

        _memory.GiveBack((void*)old, BytesOf(oldCount));
    }

    private void Take(int slotCount)
    {
        _first = (KeySlot*)_memory.Take(BytesOf(slotCount));
        NativeMemory.Clear(_first, (nuint)BytesOf(slotCount));
        _mask = (ulong)slotCount - 1;
    }
}
