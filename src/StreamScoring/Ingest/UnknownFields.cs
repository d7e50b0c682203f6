using StreamScoring.Contracts;

namespace StreamScoring.Ingest;

/// <summary>
/// What a record holds beside the contract's fields. It is stored nowhere, yet a card number in it
/// shows a publisher that leaks them, so it is looked at; and so that looking has a bound, a record
/// may hold only so much of it.
/// </summary>
internal sealed class UnknownFields
{
    private readonly SplitCardNumber _split = new();
    private int _values;
    private int _bytes;

    public void StartRow()
    {
        (_values, _bytes) = (0, 0);
        _split.Clear();
    }

    /// <summary>Counts a name or value, before it is looked at.</summary>
    /// <param name="depth">How many objects and arrays it stands in, beside the record.</param>
    /// <returns>False where the record holds too much.</returns>
    public bool Count(int bytes, int depth) =>
        ++_values <= IngestLimits.UnknownValuesMax && (_bytes += bytes) <= IngestLimits.UnknownBytesMax
        && depth <= IngestLimits.UnknownDepthMax;

    public static bool NameHoldsCardNumber(ReadOnlySpan<byte> name) => CardNumber.IsIn(name);

    public bool TextHoldsCardNumber(ReadOnlySpan<byte> text) => CardNumber.IsIn(text) || _split.Add(text);

    /// <param name="digits">The number as it is written.</param>
    public bool NumberHoldsCardNumber(ReadOnlySpan<byte> digits) => CardNumber.IsInNumber(digits) || _split.Add(digits);
}
