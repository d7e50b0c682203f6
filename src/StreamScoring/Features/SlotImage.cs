using System.Runtime.InteropServices;

namespace StreamScoring.Features;

/// <summary>
/// A key's state as it stands in sweeps and snapshots, in longs of the machine's byte order
/// (little-endian): the key's two words, event time of the newest payment, events dropped before
/// the first, the number of events n, the time up to which events may be missing (seconds, 0 for
/// none), the longs of its tiles; then n + 1 rows of the entity's layout, the first of which only
/// carries the totals before the first event; then the tiles.
/// </summary>
internal readonly ref struct SlotImage
{
    public const int HeadLongs = 7;

    private readonly ReadOnlySpan<long> _longs;
    private readonly int _stride;

    private SlotImage(ReadOnlySpan<long> longs, int stride)
    {
        _longs = longs;
        _stride = stride;
    }

    public UInt128 Key => new((ulong)_longs[1], (ulong)_longs[0]);

    public long NewestMs => _longs[2];

    public long Dropped => _longs[3];

    public int RowCount => (int)_longs[4];

    public uint TruncatedSeconds => (uint)_longs[5];

    /// <summary>Empty where the key has none (<see cref="TileStore"/>).</summary>
    public ReadOnlySpan<long> Tiles => _longs[^TileLongs..];

    private int TileLongs => (int)_longs[6];

    /// <summary>All rows, that of the totals before the first event included.</summary>
    public ReadOnlySpan<long> Rows => _longs[HeadLongs..^TileLongs];

    /// <param name="row">0: the row of totals before the first event.</param>
    public ReadOnlySpan<long> Row(int row) => Rows.Slice(row * _stride, _stride);

    public static int LongsOf(int rowCount, int stride, int tileLongs) => HeadLongs + ((rowCount + 1) * stride) + tileLongs;

    /// <summary>Takes the first image off the bytes.</summary>
    /// <returns>False where they are empty.</returns>
    /// <exception cref="InvalidDataException">The bytes are no image of this layout.</exception>
    public static bool TryTake(ref ReadOnlySpan<byte> bytes, int stride, out SlotImage image)
    {
        image = default;
        if (bytes.IsEmpty)
        {
            return false;
        }

        var longs = MemoryMarshal.Cast<byte, long>(bytes);
        if (longs.Length < HeadLongs || longs[4] is < 0 or > int.MaxValue / 512 || longs[6] is < 0 or > int.MaxValue / 4
            || longs.Length < LongsOf((int)longs[4], stride, (int)longs[6]))
        {
            throw new InvalidDataException("a key's image is cut short or has another layout");
        }

        image = new SlotImage(longs[..LongsOf((int)longs[4], stride, (int)longs[6])], stride);
        bytes = bytes[(image._longs.Length * sizeof(long))..];
        return true;
    }
}
