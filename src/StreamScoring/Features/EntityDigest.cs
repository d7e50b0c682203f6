using System.IO.Hashing;
using System.Runtime.InteropServices;

namespace StreamScoring.Features;

/// <summary>
/// Hashes an entity's images so that the sum does not depend on the order in which events and keys
/// came, nor on which events lie in tiles: each payment and each label by itself, added up per key;
/// each key by itself, added up again (sums modulo 2^128).
/// </summary>
internal sealed class EntityDigest(EntityLayout layout, int entity)
{
    private readonly Series[] _series = [.. layout.Series];
    private readonly int _totalWords = layout.Series.Sum(series => series.Words);
    private readonly TileLayout _tiles = new(layout);
    private readonly EventHash _hash = new(layout);

    /// <summary>The hash of all keys in a chunk, to be added to those of the others.</summary>
    public UInt128 Of(ReadOnlySpan<byte> images)
    {
        var sum = UInt128.Zero;
        while (SlotImage.TryTake(ref images, layout.Stride, out var image))
        {
            sum += Of(image);
        }

        return sum;
    }

    private UInt128 Of(in SlotImage image)
    {
        var (events, seenAfterMs) = OfTiles(image.Tiles);
        for (var row = 1; row <= image.RowCount; row++)
        {
            // Rows without tiles are those that some feature sees. With tiles such a one may lie in
            // a tile as well, behind the horizon, where it cannot be told from others.
            if (seenAfterMs == long.MinValue || image.Row(row)[EntityLayout.TimeColumn] > seenAfterMs)
            {
                events += _hash.OfPayment(image.Row(row - 1), image.Row(row)) + OfLabel(image, row);
            }
        }

        Span<long> head = stackalloc long[8 + _totalWords];
        head.Clear();
        (head[0], head[1], head[2], head[3]) = (entity, (long)(ulong)image.Key, (long)(ulong)(image.Key >> 64), image.NewestMs);
        (head[4], head[5]) = ((long)(ulong)events, (long)(ulong)(events >> 64));
        if (layout.HasEverTotals)
        {
            // With labels a row may be a stub, and whether one was there before its payment came
            // depends on the order.
            head[6] = layout.HasLabels ? 0 : image.Dropped + image.RowCount;
            AppendTotals(image.Row(image.RowCount), head[8..]);
        }

        return XxHash128.HashToUInt128(MemoryMarshal.AsBytes(head));
    }

    /// <summary>Adds up what lies in tiles that can still be seen.</summary>
    /// <returns>The sum; and the time after which events are seen, <see cref="long.MinValue"/>
    /// where all are.</returns>
    private (UInt128 Sum, long SeenAfterMs) OfTiles(ReadOnlySpan<long> longs)
    {
        if (longs.IsEmpty)
        {
            return (UInt128.Zero, long.MinValue);
        }

        _tiles.Check(longs);
        var (sum, horizonMs) = (UInt128.Zero, longs[TileStore.Horizon]);
        for (var tile = 0; tile < longs[TileStore.Count]; tile++)
        {
            var of = longs.Slice(_tiles.FirstTile + (tile * _tiles.Stride), _tiles.Stride);
            // A tile lies before the horizon whole or behind it whole.
            if (horizonMs == long.MinValue || of[EntityLayout.TimeColumn] > horizonMs)
            {
                sum += EventHash.Wide(of, _tiles.HashColumn);
            }
        }

        return (sum, horizonMs);
    }

    /// <summary>A payment may stand twice, but has one label.</summary>
    private UInt128 OfLabel(in SlotImage image, int row)
    {
        var labelled = image.Row(row);
        if (!layout.HasLabels || labelled[layout.LabelColumn] == 0)
        {
            return UInt128.Zero;
        }

        for (var earlier = row - 1; earlier > 0 && image.Row(earlier)[EntityLayout.TimeColumn] == labelled[EntityLayout.TimeColumn]; earlier--)
        {
            if (image.Row(earlier)[layout.PaymentColumn] == labelled[layout.PaymentColumn])
            {
                return UInt128.Zero;
            }
        }

        return EventHash.OfLabel(labelled[EntityLayout.TimeColumn], (ulong)labelled[layout.PaymentColumn], labelled[layout.LabelColumn]);
    }

    /// <summary>
    /// Totals of all time. Frauds are left out, as a label that comes after its payment left every
    /// window changes none of them; and what follows from the state, as it depends on the order.
    /// </summary>
    private void AppendTotals(ReadOnlySpan<long> newest, Span<long> totals)
    {
        var next = 0;
        foreach (ref readonly var series in _series.AsSpan())
        {
            if (series.Kind != SeriesKind.Frauds && layout.IsLogged(series))
            {
                newest.Slice(series.Column, series.Words).CopyTo(totals[next..]);
            }

            next += series.Words;
        }
    }
}
