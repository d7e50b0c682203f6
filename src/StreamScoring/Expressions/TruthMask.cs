namespace StreamScoring.Expressions;

/// <summary>
/// A truth for each row, as bits: row r is bit r % 64 of word r / 64. A row that is neither true
/// nor missing is false, and none is both. Bits behind the last row mean nothing.
/// </summary>
internal readonly ref struct TruthMask(ReadOnlySpan<ulong> trueRows, ReadOnlySpan<ulong> missingRows)
{
    public const int WordBits = 64;

    public ReadOnlySpan<ulong> True { get; } = trueRows;

    public ReadOnlySpan<ulong> Missing { get; } = missingRows;

    /// <summary>Words for so many rows.</summary>
    public static int Words(int rows) => (rows + WordBits - 1) / WordBits;
}
