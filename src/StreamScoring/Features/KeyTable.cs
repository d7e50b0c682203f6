using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace StreamScoring.Features;

/// <summary>Open addressing with linear probing over slots of a cache line, at most half full. Keys are 128-bit hashes, so they need no mixing.</summary>
internal sealed unsafe class KeyTable
{
    private KeySlot[] _slots;
    private KeySlot* _first;
    private ulong _mask;

    public KeyTable(int slotsLog2)
    {
        _slots = GC.AllocateArray<KeySlot>(1 << slotsLog2, pinned: true);
        Pin();
    }

    /// <summary>Keys held.</summary>
    public int Count { get; private set; }

    public long AllocatedBytes => (long)_slots.Length * sizeof(KeySlot);

    public ReadOnlySpan<KeySlot> Slots => _slots;

    /// <summary>Makes room, so that slots stay where they are while up to so many keys are added.</summary>
    public void Reserve(int keys)
    {
        while ((Count + keys) * 2L > _slots.Length)
        {
            Grow();
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Prefetch(UInt128 key)
    {
        if (Sse.IsSupported)
        {
            Sse.Prefetch0(_first + ((ulong)key & _mask));
        }
    }

    /// <returns>Null where the key is not there.</returns>
    public KeySlot* Find(UInt128 key)
    {
        var (low, high) = ((ulong)key, (ulong)(key >> 64));
        for (var index = low & _mask; ; index = (index + 1) & _mask)
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
        var index = low & _mask;
        while (_first[index].Block != null)
        {
            index = (index + 1) & _mask;
        }

        Count++;
        Invariant.Require(Count * 2L <= _slots.Length);
        var slot = _first + index;
        *slot = default;
        (slot->KeyLow, slot->KeyHigh) = (low, high);
        return slot;
    }

    private void Grow()
    {
        var old = _slots;
        _slots = GC.AllocateArray<KeySlot>(checked(old.Length * 2), pinned: true);
        Pin();
        foreach (ref readonly var slot in old.AsSpan())
        {
            if (slot.Block != null)
            {
                var index = slot.KeyLow & _mask;
                while (_first[index].Block != null)
                {
                    index = (index + 1) & _mask;
                }

                _first[index] = slot;
            }
        }
    }

    private void Pin()
    {
        _first = (KeySlot*)Unsafe.AsPointer(ref _slots[0]);
        _mask = (ulong)_slots.Length - 1;
    }
}
