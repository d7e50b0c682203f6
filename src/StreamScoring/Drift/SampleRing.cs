namespace StreamScoring.Drift;

/// <summary>
/// Rows on their way from the one thread that decides to the one that counts. Neither waits for the
/// other: a row that finds no room is not written.
/// </summary>
/// <param name="width">Numbers of a row.</param>
/// <param name="rowsMax">Rows that may wait.</param>
internal sealed class SampleRing(int width, int rowsMax)
{
    private readonly float[] _values = new float[width * rowsMax];
    private long _written;
    private long _read;

    /// <summary>For the writer: room for a row, which <see cref="Written"/> hands over.</summary>
    /// <returns>False where there is none.</returns>
    public bool TryWrite(out Span<float> row)
    {
        row = default;
        if (_written - Volatile.Read(ref _read) == rowsMax)
        {
            return false;
        }

        row = RowAt(_written);
        return true;
    }

    public void Written() => Volatile.Write(ref _written, _written + 1);

    /// <summary>For the reader: the oldest row, until <see cref="Taken"/> gives its room
    /// back.</summary>
    /// <returns>False where none waits.</returns>
    public bool TryRead(out ReadOnlySpan<float> row)
    {
        row = default;
        if (_read == Volatile.Read(ref _written))
        {
            return false;
        }

        row = RowAt(_read);
        return true;
    }

    public void Taken() => Volatile.Write(ref _read, _read + 1);

    private Span<float> RowAt(long number) => _values.AsSpan((int)(number % rowsMax) * width, width);
}
