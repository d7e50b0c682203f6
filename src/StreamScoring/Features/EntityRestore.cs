namespace StreamScoring.Features;

/// <summary>
/// Adds to an entity's state what <see cref="EntitySweep"/> copied out of one; before anything is
/// folded.
/// </summary>
internal sealed unsafe class EntityRestore(EntityState state, EntityLayout layout, KeyTable keys)
{
    /// <summary>
    /// Images whose slots are on their way into the cache while one is restored: each is a miss of
    /// its own.
    /// </summary>
    private const int Ahead = 16;

    /// <summary>Nothing is idle yet: what was, is not among the images.</summary>
    private const long WatermarkMs = long.MinValue;

    /// <summary>Makes room once for keys that are about to be restored.</summary>
    /// <param name="keyCount">As someone wrote it: anything may stand there.</param>
    /// <param name="bytes">What their images take at most.</param>
    public void Expect(long keyCount, long bytes) => keys.Expect(Math.Min(keyCount, bytes / (SlotImage.LongsOf(0, layout.Stride, 0) * sizeof(long))));

    /// <summary>Adds the keys of a chunk, none of which may be there.</summary>
    /// <exception cref="InvalidDataException">The bytes are no images of this layout, or a key is
    /// there.</exception>
    public void Add(ReadOnlySpan<byte> images)
    {
        var ahead = images;
        for (var i = 0; i < Ahead; i++)
        {
            Prefetch(ref ahead);
        }

        while (SlotImage.TryTake(ref images, layout.Stride, out var image))
        {
            Prefetch(ref ahead);
            if (image.Key == UInt128.Zero || keys.Find(image.Key) != null)
            {
                throw new InvalidDataException($"a key of {layout.Entity.Name} stands twice");
            }

            state.Reserve(1, WatermarkMs);
            if (image.Tiles.Length > 0)
            {
                state.Early!.MakeRoom(state.Tiles.RestoredBytes(image.Tiles), WatermarkMs);
            }

            var slot = state.AddKey(image.Key, image.RowCount, WatermarkMs);
            if (image.Tiles.Length > 0)
            {
                state.Tiles.Restore(slot, image.Tiles);
            }

            image.Rows.CopyTo(new Span<long>(state.Row(slot, 0), image.Rows.Length));
            slot->End = 1 + image.RowCount;
            slot->SequenceBase = image.Dropped;
            slot->TruncatedSeconds = image.TruncatedSeconds;
            slot->NewestMs = image.NewestMs;
        }
    }

    private void Prefetch(ref ReadOnlySpan<byte> images)
    {
        if (SlotImage.TryTake(ref images, layout.Stride, out var image))
        {
            keys.Prefetch(keys.HashOf(image.Key));
        }
    }
}
