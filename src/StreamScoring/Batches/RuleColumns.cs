namespace StreamScoring.Batches;

/// <summary>For each row the rules that fired, and the one of them that decided.</summary>
/// <param name="ruleCount">Rules of the policy, those in shadow among them.</param>
public sealed class RuleColumns(int ruleCount, int rowsMax)
{
    public const short None = -1;

    private const int WordBits = 64;

    private readonly int _words = (ruleCount + WordBits - 1) / WordBits;
    private readonly ulong[] _fired = new ulong[(ruleCount + WordBits - 1) / WordBits * rowsMax];

    public int RuleCount => ruleCount;

    /// <summary>[rows] The rule that decided, by its place in the file; <see cref="None"/> where
    /// none did.</summary>
    public readonly short[] Deciding = new short[rowsMax];

    /// <summary>[words] Rule i of the file is bit i % 64 of word i / 64.</summary>
    public ReadOnlySpan<ulong> Fired(int rowIndex) => _fired.AsSpan(rowIndex * _words, _words);

    public void Set(int rowIndex, int ruleIndex) => _fired[(rowIndex * _words) + (ruleIndex / WordBits)] |= 1UL << (ruleIndex % WordBits);

    /// <summary>No rule fired for the row.</summary>
    public void Clear(int rowIndex)
    {
        _fired.AsSpan(rowIndex * _words, _words).Clear();
        Deciding[rowIndex] = None;
    }

    /// <summary>No rule fired for any of the first rows.</summary>
    public void ClearAll(int rowCount)
    {
        _fired.AsSpan(0, rowCount * _words).Clear();
        Deciding.AsSpan(0, rowCount).Fill(None);
    }
}
