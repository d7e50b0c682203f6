namespace StreamScoring.Features;

/// <summary>
/// What a tile keeps of the values of its payments that pass a filter, five longs: how many there are, the sum of the positive ones, that of
/// the negative ones, the smallest and the largest.
/// </summary>
/// <param name="Value">Index of the numeric value; -1: payments are counted.</param>
/// <param name="RawColumn">The row's column with the value, or -1: it is then what the row added to <paramref name="SumColumn"/>.</param>
/// <param name="ValueCountColumn">A row that adds nothing to it has no value; -1: every row has.</param>
/// <param name="Column">Position within a tile, in longs.</param>
internal readonly record struct TileMeasure(int Value, int Filter, int RawColumn, int SumColumn, int ValueCountColumn, int Column)
{
    public const int Longs = 5, Count = 0, Positive = 1, Negative = 2, Smallest = 3, Largest = 4;
}
