namespace StreamScoring.Drift;

/// <summary>
/// Whole numbers that are added up over a window that rolls on slice by slice: what a slice added
/// leaves the totals with it, and exactly.
/// </summary>
/// <param name="cellCount">Numbers.</param>
/// <param name="sliceCount">Slices of the window, the one that is added to among them.</param>
internal sealed class RollingCounts(int cellCount, int sliceCount)
{
    private readonly long[] _slices = new long[cellCount * sliceCount];
    private readonly long[] _totals = new long[cellCount];
    private int _slice;

    /// <summary>[cells] Of the window.</summary>
    public ReadOnlySpan<long> Totals => _totals;

    public void Add(int cell, long count)
    {
        _totals[cell] += count;
        _slices[(_slice * cellCount) + cell] += count;
    }

    /// <summary>A cell's number of the newest slice and the one before it.</summary>
    public long Newest(int cell) => _slices[(_slice * cellCount) + cell] + _slices[((_slice + sliceCount - 1) % sliceCount * cellCount) + cell];

    /// <summary>The oldest slices leave, and as many new ones begin.</summary>
    public void Turn(long slices)
    {
        for (var turn = 0; turn < Math.Min(slices, sliceCount); turn++)
        {
            _slice = (_slice + 1) % sliceCount;
            var oldest = _slices.AsSpan(_slice * cellCount, cellCount);
            for (var cell = 0; cell < cellCount; cell++)
            {
                _totals[cell] -= oldest[cell];
            }

            oldest.Clear();
        }
    }

    public void Write(BinaryWriter writer)
    {
        writer.Write(_slice);
        foreach (var count in _slices)
        {
            writer.Write7BitEncodedInt64(count);
        }
    }

    /// <summary>Takes over what was written, by one of the same size; before anything is
    /// added.</summary>
    public void Read(BinaryReader reader)
    {
        _slice = reader.ReadInt32();
        for (var i = 0; i < _slices.Length; i++)
        {
            _slices[i] = reader.Read7BitEncodedInt64();
            _totals[i % cellCount] += _slices[i];
        }
    }
}
