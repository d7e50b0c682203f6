using StreamScoring.Configuration;

namespace StreamScoring.Training.Rows;

/// <summary>
/// Numbers of rows, one row behind the other, as native code wants them. NaN is missing.
/// </summary>
internal sealed class RowMatrix(int columns)
{
    private float[] _values = new float[(long)columns * 1024];

    public int Columns => columns;

    public int Count { get; private set; }

    /// <summary>[rows × columns] Row by row.</summary>
    public ReadOnlySpan<float> Values => _values.AsSpan(0, Count * columns);

    /// <summary>[columns]</summary>
    public ReadOnlySpan<float> this[int row] => _values.AsSpan(row * columns, columns);

    /// <returns>[columns] Of a new row, zeros to be filled.</returns>
    /// <exception cref="InvalidInputFileException">There are more numbers than an array
    /// holds.</exception>
    public Span<float> Add()
    {
        var needed = (Count + 1L) * columns;
        if (needed > Array.MaxLength)
        {
            throw new InvalidInputFileException($"more than {Count:N0} rows of {columns} inputs do not fit into memory as one table; train on fewer rows (--from, --to) or inputs");
        }

        if (needed > _values.Length)
        {
            Array.Resize(ref _values, (int)Math.Min(Array.MaxLength, Math.Max(needed, _values.Length * 2L)));
        }

        Count++;
        return _values.AsSpan((Count - 1) * columns, columns);
    }

    /// <returns>Some of the rows, in the order given.</returns>
    public RowMatrix Select(IReadOnlyList<int> rows)
    {
        var some = new RowMatrix(columns);
        foreach (var row in rows)
        {
            this[row].CopyTo(some.Add());
        }

        return some;
    }

    /// <summary>Changes every number of a column.</summary>
    public void Map(int column, Func<float, float> map)
    {
        for (var row = 0; row < Count; row++)
        {
            ref var value = ref _values[(row * columns) + column];
            value = map(value);
        }
    }
}
