using System.Runtime.CompilerServices;

namespace StreamScoring.Expressions;

/// <summary>A truth for each row, while it is being made, row by row from the first.</summary>
internal ref struct MaskBuffer(Span<ulong> trueRows, Span<ulong> missingRows)
{
    private ulong _true;
    private ulong _missing;
    private int _row;

    public Span<ulong> True { get; } = trueRows;

    public Span<ulong> Missing { get; } = missingRows;

    /// <summary>Once all words are filled.</summary>
    public readonly TruthMask Whole => new(True, Missing);

    /// <summary>The next row's.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(bool isTrue, bool isMissing)
    {
        var bit = _row % TruthMask.WordBits;
        _true |= (isTrue && !isMissing ? 1UL : 0) << bit;
        _missing |= (isMissing ? 1UL : 0) << bit;
        _row++;
        if (bit == TruthMask.WordBits - 1)
        {
            Flush((_row - 1) / TruthMask.WordBits);
        }
    }

    /// <summary>Behind the last row.</summary>
    public TruthMask Finish()
    {
        if (_row % TruthMask.WordBits != 0)
        {
            Flush(_row / TruthMask.WordBits);
        }

        return Whole;
    }

    private void Flush(int word)
    {
        (True[word], Missing[word]) = (_true, _missing);
        (_true, _missing) = (0, 0);
    }
}
