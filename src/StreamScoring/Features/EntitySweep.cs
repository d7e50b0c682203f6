using System.Runtime.InteropServices;

namespace StreamScoring.Features;

/// <summary>
/// Copies every key of an entity out as it was when the sweep began, while the state goes on
/// changing: bit by bit between two batches, and a key that is about to change before it does. All
/// on the one thread that writes the state, so there is no lock, and no pause longer than the bit.
/// </summary>
internal sealed unsafe class EntitySweep(EntityLayout layout, EntityRows rows, KeyTable keys, TileStore tiles)
{
    private const int ChunkBytes = 1 << 20;

    private Action<ReadOnlyMemory<byte>>? _take;
    private byte[] _chunk = [];
    private int _used;
    private ushort _epoch;
    private int _next;
    private int _resizes;
    private long _watermarkMs;

    /// <summary>Starts a sweep.</summary>
    /// <param name="take">Given chunks of whole images, which are the receiver's to keep.</param>
    /// <param name="watermarkMs">What is idle or too old by it is left out: whether it is still
    /// held does not matter.</param>
    public void Begin(Action<ReadOnlyMemory<byte>> take, long watermarkMs)
    {
        Invariant.Require(_take is null);
        (_take, _next, _resizes, _watermarkMs) = (take, 0, keys.Resizes, watermarkMs);
        _epoch++;
    }

    /// <summary>Copies some more keys.</summary>
    /// <param name="bytes">About how much; what was copied is taken off.</param>
    /// <returns>True once all are copied.</returns>
    public bool Step(ref long bytes)
    {
        if (_take is null)
        {
            return true;
        }

        if (_resizes != keys.Resizes)
        {
            // The keys moved: those that were copied are passed over by their epoch.
            (_next, _resizes) = (0, keys.Resizes);
        }

        for (; _next < keys.SlotCount && bytes > 0; _next++)
        {
            var slot = keys.At(_next);
            // Looking at a slot costs a cache line, copied or not.
            bytes -= sizeof(KeySlot);
            if (slot->Block != null && slot->Epoch != _epoch)
            {
                bytes -= Copy(slot);
            }
        }

        if (_next < keys.SlotCount)
        {
            return false;
        }

        Flush();
        (_take, _chunk) = (null, []);
        return true;
    }

    public void Abandon() => (_take, _chunk, _used) = (null, [], 0);

    /// <summary>To be called before a key's rows change.</summary>
    public void BeforeChange(KeySlot* slot)
    {
        if (_take is not null && slot->Epoch != _epoch)
        {
            Copy(slot);
        }
    }

    /// <summary>
    /// To be called before a key is removed: it is copied, and so are those that the removal may
    /// move to where the sweep was already.
    /// </summary>
    public void BeforeRemoval(KeySlot* slot)
    {
        if (_take is not null)
        {
            for (; slot->Block != null; slot = keys.Next(slot))
            {
                BeforeChange(slot);
            }
        }
    }

    /// <summary>A key that was not there when the sweep began is none of its business.</summary>
    public void Added(KeySlot* slot) => slot->Epoch = _epoch;

    private int Copy(KeySlot* slot)
    {
        slot->Epoch = _epoch;
        if (layout.IsIdle(slot->NewestMs, _watermarkMs))
        {
            return 0;
        }

        // Not what is held by chance, but what may be seen: so the image does not depend on when
        // room was last made.
        var first = rows.FirstNeeded(slot, _watermarkMs);
        var rowCount = slot->End - first;
        var tileLongs = tiles.LongsOf(slot);
        var size = SlotImage.LongsOf(rowCount, layout.Stride, tileLongs) * sizeof(long);
        if (_chunk.Length - _used < size)
        {
            Flush();
            _chunk = GC.AllocateUninitializedArray<byte>(Math.Max(ChunkBytes, size));
        }

        var image = MemoryMarshal.Cast<byte, long>(_chunk.AsSpan(_used, size));
        (image[0], image[1], image[2]) = ((long)slot->KeyLow, (long)slot->KeyHigh, slot->NewestMs);
        (image[3], image[4], image[5]) = (slot->SequenceBase + first - 1, rowCount, slot->TruncatedSeconds);
        new ReadOnlySpan<long>(rows.Row(slot, first - 1), (rowCount + 1) * layout.Stride).CopyTo(image[SlotImage.HeadLongs..]);
        image[6] = tileLongs;
        if (tileLongs > 0)
        {
            tiles.CopyTo(slot, image[^tileLongs..], layout.HorizonMs(_watermarkMs));
        }

        _used += size;
        return size;
    }

    private void Flush()
    {
        if (_used > 0)
        {
            _take!(_chunk.AsMemory(0, _used));
            (_chunk, _used) = ([], 0);
        }
    }
}
