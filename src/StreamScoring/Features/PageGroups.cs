using System.Numerics;
using System.Runtime.InteropServices;

namespace StreamScoring.Features;

/// <summary>
/// Pages of the state, eight side by side in a group that is one huge page. A page that is given
/// back is rented next; a group of which no page is used is freed, but for the last.
/// </summary>
internal sealed unsafe class PageGroups
{
    private const int Pages = HugePages.Bytes / StateMemory.PageBytes, All = (1 << Pages) - 1;

    /// <summary>Groups with room: a bit for each page that is free.</summary>
    private readonly Dictionary<nint, int> _withRoom = [];

    /// <returns>A page, at an address that is a multiple of its size, with arbitrary
    /// content.</returns>
    /// <param name="taken">Told of the group, where one had to be taken.</param>
    public void* Rent(HashSet<nint> taken)
    {
        if (_withRoom.Count == 0)
        {
            var added = NativeMemory.AlignedAlloc(HugePages.Bytes, HugePages.Bytes);
            HugePages.Ask(added, HugePages.Bytes);
            taken.Add((nint)added);
            _withRoom.Add((nint)added, All);
        }

        using var any = _withRoom.GetEnumerator();
        any.MoveNext();
        var (group, free) = any.Current;
        var page = BitOperations.TrailingZeroCount(free);
        free &= free - 1;
        if (free == 0)
        {
            _withRoom.Remove(group);
        }
        else
        {
            _withRoom[group] = free;
        }

        return (byte*)group + (page * StateMemory.PageBytes);
    }

    /// <param name="taken">Told of the group, where it is freed.</param>
    public void Return(void* page, HashSet<nint> taken)
    {
        var group = (nint)page & ~(nint)(HugePages.Bytes - 1);
        Invariant.Require(taken.Contains(group));
        var bit = 1 << (int)(((nint)page - group) / StateMemory.PageBytes);
        var free = _withRoom.GetValueOrDefault(group);
        Invariant.Require((free & bit) == 0);
        free |= bit;
        // One group may stay, so that a page that comes and goes does not take one each time.
        if (free == All && _withRoom.Count > 1)
        {
            _withRoom.Remove(group);
            taken.Remove(group);
            NativeMemory.AlignedFree((void*)group);
            return;
        }

        _withRoom[group] = free;
        HugePages.Drop(page, StateMemory.PageBytes);
    }
}
