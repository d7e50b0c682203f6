namespace StreamScoring.Features;

/// <summary>
/// What a tile keeps of the values of its payments that pass a filter, seven longs: how many there
/// are, the sum of the positive ones and that of the negative ones (two words each: a tile holds
/// any number of events), the smallest and the largest.
/// </summary>
/// <param name="Value">Index of the numeric value; -1: payments are counted.</param>
/// <param name="RawColumn">The row's column with the value, or -1: it is then what the row added to
/// <paramref name="SumColumn"/>.</param>
/// <param name="ValueCountColumn">A row that adds nothing to it has no value; -1: every row
/// has.</param>
/// <param name="Column">Position within a tile, in longs.</param>
internal readonly record struct TileMeasure(int Value, int Filter, int RawColumn, int SumColumn, int ValueCountColumn, int Column)
{
    public const int Longs = 7, Count = 0, Positive = 1, Negative = 3, Smallest = 5, Largest = 6;

    /// <summary>Adds a value; a missing one counts nothing.</summary>
    public static unsafe void Add(long* measure, long value)
    {
        if (value == EntityState.MissingValue)
        {
            return;
        }

        measure[Count]++;
        AddTo(measure + (value < 0 ? Negative : Positive), value);
        measure[Smallest] = Math.Min(measure[Smallest], value);
        measure[Largest] = Math.Max(measure[Largest], value);
    }

    public static unsafe void Merge(long* into, long* from)
    {
        into[Count] += from[Count];
        AddTo(into + Positive, Sum(from + Positive));
        AddTo(into + Negative, Sum(from + Negative));
        into[Smallest] = Math.Min(into[Smallest], from[Smallest]);
        into[Largest] = Math.Max(into[Largest], from[Largest]);
    }

    public static unsafe Int128 Sum(long* words) => new((ulong)words[1], (ulong)words[0]);

    private static unsafe void AddTo(long* words, Int128 value)
    {
        var sum = Sum(words) + value;
        (words[0], words[1]) = ((long)(ulong)sum, (long)(ulong)(sum >> 64));
    }
}
