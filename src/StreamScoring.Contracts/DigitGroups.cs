namespace StreamScoring.Contracts;

/// <summary>
/// How digits are grouped. Some ways of writing are common enough elsewhere that only a card's own
/// groups count.
/// </summary>
internal struct DigitGroups()
{
    private const int PrintedMin = 3, PrintedMax = 7, Thousands = 3;

    private int _count;
    private int _shortest = int.MaxValue;
    private int _longest;
    private bool _areThousands = true;
    private bool _hasDash;
    private bool _hasOther;

    public void Add(int length)
    {
        _areThousands &= _count == 0 ? length <= Thousands : length == Thousands;
        (_count, _shortest, _longest) = (_count + 1, Math.Min(_shortest, length), Math.Max(_longest, length));
    }

    public void Separate(DigitSeparator separator) =>
        (_hasDash, _hasOther) = (_hasDash || separator == DigitSeparator.Dash, _hasOther || separator == DigitSeparator.Other);

    /// <summary>
    /// Whether cards are written so, and not dates, addresses, numbers with decimals or parts of a
    /// longer token.
    /// </summary>
    /// <param name="isAtLetter">Whether a letter stands right before or behind it.</param>
    public readonly bool AreWritten(bool isAtLetter)
    {
        // Digit by digit, or in pairs: bytes and arrays are written so, and no date or address is
        // so long.
        var isUniform = _count >= 7 && _longest <= 2;
        var isPrinted = _count >= 3 && _shortest >= PrintedMin && _longest <= PrintedMax;
        return isUniform
            // 4,539,578,763,621,486: an amount of so many digits nobody pays.
            || (_areThousands && _count >= 5)
            || (_hasOther ? isPrinted
                : !_hasDash || (_shortest >= PrintedMin - 1 && _longest <= PrintedMax) || !isAtLetter);
    }
}
