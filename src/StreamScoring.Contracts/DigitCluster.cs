namespace StreamScoring.Contracts;

/// <summary>
/// Digits that follow each other with separators at most between them, and the question whether a
/// card number is among them. Any part of it is tested at a constant cost (running check sums), so
/// the whole costs in proportion to its length.
/// </summary>
/// <param name="digits">
/// Room for the digits held at a time. Longer clusters are looked at piece by piece, each with the
/// end of the one before.
/// </param>
/// <param name="sums">Room for twice as many check sums, and two.</param>
internal ref struct DigitCluster(Span<byte> digits, Span<ushort> sums)
{
    /// <summary>The most room that is of use.</summary>
    public const int RoomMax = 256;

    private const int Kept = 64;

    private readonly Span<byte> _digits = digits;

    /// <summary>
    /// Running check sums: with every second digit doubled from the first on, and from the second
    /// on.
    /// </summary>
    private readonly Span<ushort> _oddDoubled = sums[..(digits.Length + 1)], _evenDoubled = sums[(digits.Length + 1)..];
    private int _count;
    private int _summed;
    private bool _startsAtLetter;

    /// <summary>Digits looked at and parts tested so far: what a scan costs.</summary>
    public int Steps { get; private set; }

    public readonly int Count => _count;

    public readonly bool IsFull => _count == _digits.Length;

    /// <param name="separator">What stands before the digit; of no matter for the first.</param>
    /// <param name="isAtLetter">Whether a letter stands right before it; asked for the first
    /// only.</param>
    public void Add(int digit, DigitSeparator separator, bool isAtLetter)
    {
        if (_count == 0)
        {
            (_startsAtLetter, separator) = (isAtLetter, DigitSeparator.Other);
        }

        _digits[_count++] = (byte)(digit | ((int)separator << 4));
        Steps++;
    }

    public void Clear() => (_count, _summed) = (0, 0);

    /// <summary>
    /// Makes room and keeps the last digits, so that a number at the seam is found.
    /// </summary>
    public void DropFront()
    {
        _digits[^Kept..].CopyTo(_digits);
        (_count, _summed, _startsAtLetter) = (Kept, 0, false);
    }

    /// <summary>Whether a card number is among the digits.</summary>
    /// <param name="isThorough">True: sixteen digits that could be one count wherever they stand,
    /// however they are separated.</param>
    /// <param name="endsAtLetter">Whether a letter stands right behind the last digit.</param>
    /// <param name="isExpiryBehind">Whether what stands behind the last digit is what track 2 has
    /// behind a card number.</param>
    public bool HoldsCardNumber(bool isThorough, bool endsAtLetter, bool isExpiryBehind)
    {
        if (_count < CardNetworks.DigitsMin)
        {
            return false;
        }

        for (var start = 0; start < _count;)
        {
            var end = GroupEnd(start);
            if (IsInRun(start, end, end == _count ? isExpiryBehind : HasTrackBehind(end)) || IsInGroups(start, endsAtLetter))
            {
                return true;
            }

            start = end;
        }

        return (isThorough && IsAnywhere()) || HoldsHexDigits(isThorough);
    }

    /// <summary>
    /// ISO/IEC 7812-1, annex B (Luhn): every second digit is doubled, and the last is not.
    /// </summary>
    private bool HasCheckDigit(int start, int length)
    {
        Steps++;
        if (_summed == 0)
        {
            SumUp();
        }

        var end = start + length;
        var sums = ((end - 1) & 1) == 0 ? _oddDoubled : _evenDoubled;
        return (sums[end] - sums[start]) % 10 == 0;
    }

    private void SumUp()
    {
        var (odd, even) = (0, 0);
        (_oddDoubled[0], _evenDoubled[0]) = (0, 0);
        for (var i = 0; i < _count; i++)
        {
            var digit = _digits[i] & 0xf;
            var doubled = digit > 4 ? (2 * digit) - 9 : 2 * digit;
            (odd, even) = (i & 1) == 1 ? (odd + doubled, even + digit) : (odd + digit, even + doubled);
            (_oddDoubled[i + 1], _evenDoubled[i + 1]) = ((ushort)odd, (ushort)even);
        }

        _summed = _count;
    }

    private readonly int Digit(int index) => _digits[index] & 0xf;

    private readonly DigitSeparator SeparatorBefore(int index) => (DigitSeparator)(_digits[index] >> 4);

    private readonly int First4(int start) => (Digit(start) * 1000) + (Digit(start + 1) * 100) + (Digit(start + 2) * 10) + Digit(start + 3);

    private readonly int Two(int start) => (Digit(start) * 10) + Digit(start + 1);

    private bool IsCard(int start, int length) => CardNetworks.Issue(First4(start), length) && HasCheckDigit(start, length);

    private bool IsLargeCard(int start, int length) => CardNetworks.IsLarge(First4(start), length) && HasCheckDigit(start, length);

    private readonly int GroupEnd(int start)
    {
        var end = start + 1;
        while (end < _count && SeparatorBefore(end) == DigitSeparator.None)
        {
            end++;
        }

        return end;
    }

    private readonly int SkipZeros(int start, int end)
    {
        while (start < end && Digit(start) == 0)
        {
            start++;
        }

        return start;
    }

    /// <summary>
    /// Whether digits without a separator are a card number, or a longer number that gives away
    /// that it holds one.
    /// </summary>
    private bool IsInRun(int start, int end, bool isExpiryBehind)
    {
        if (end - start < CardNetworks.DigitsMin)
        {
            return false;
        }

        // Zeros in front are no digits of it.
        var first = SkipZeros(start, end);
        var length = end - first;
        if (length < CardNetworks.DigitsMin)
        {
            return false;
        }

        return (length <= CardNetworks.DigitsMax && IsCard(first, length))
            || IsPadded(first, end)
            || IsBehindItsLength(start, end)
            || IsBehindFiller(start, end)
            || (isExpiryBehind && IsAtEnd(first, end))
            || IsBeforeExpiry(first, end)
            || (end - start > IntegerDigitsMax
                && (IsLargeCard(first, 16) || IsLargeCard(first, 15) || IsLargeCard(end - 16, 16) || IsLargeCard(end - 15, 15)));
    }

    /// <summary>
    /// No 64-bit integer has more digits. Longer numbers are put together, so what stands at either
    /// end may be a card number.
    /// </summary>
    private const int IntegerDigitsMax = 20;

    /// <summary>
    /// Zeros behind it, or the expiry date as tracks and messages write it: year and month, or
    /// month and year.
    /// </summary>
    private bool IsPadded(int start, int end)
    {
        var zeros = end;
        while (zeros > start && Digit(zeros - 1) == 0)
        {
            zeros--;
        }

        for (var length = CardNetworks.DigitsMin; length <= CardNetworks.DigitsMax && start + length < end; length++)
        {
            var behind = start + length;
            var isExpiry = length is 15 or 16 or 19 && end - behind >= 4 && ExpiryDate.Is(Two(behind), Two(behind + 2));
            if ((behind >= zeros || isExpiry) && IsCard(start, length))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>
    /// An expiry date behind it whose separator ends the run: 12/27, 12-2027, 2027/12.
    /// </summary>
    private bool IsBeforeExpiry(int start, int end)
    {
        for (var cut = 2; cut <= 4; cut += 2)
        {
            var length = end - cut - start;
            if (length is 15 or 16 or 19 && EndsWithExpiry(end, cut) && IsCard(start, length))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>
    /// Whether the last digits of a group are of an expiry date, with the group behind it or
    /// without.
    /// </summary>
    /// <param name="cut">How many digits: 2 or 4.</param>
    private readonly bool EndsWithExpiry(int end, int cut)
    {
        var last = Two(end - 2);
        return cut == 2
            ? (IsGroupOf(end, 2) && ExpiryDate.Is(last, Two(end)))
                || (IsGroupOf(end, 4) && Two(end) == 20 && ExpiryDate.IsMonth(last) && ExpiryDate.IsYear(Two(end + 2)))
            : ExpiryDate.Is(Two(end - 4), last)
                || (Two(end - 4) == 20 && ExpiryDate.IsYear(last) && IsGroupOf(end, 2) && ExpiryDate.IsMonth(Two(end)));
    }

    private readonly bool IsGroupOf(int start, int length)
    {
        var end = start + length;
        if (end > _count || (end < _count && SeparatorBefore(end) == DigitSeparator.None))
        {
            return false;
        }

        for (var i = start + 1; i < end; i++)
        {
            if (SeparatorBefore(i) != DigitSeparator.None)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>
    /// Behind two digits that say how long it is, as ISO 8583 has it: alone, or within a message.
    /// </summary>
    private bool IsBehindItsLength(int start, int end)
    {
        var isMessage = end - start > IntegerDigitsMax;
        for (var first = start + 2; first + 15 <= end && (isMessage || first == start + 2); first++)
        {
            var length = Two(first - 2);
            if (length is 15 or 16 or 19 && (isMessage ? first + length <= end : first + length == end) && IsCard(first, length))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Behind digits that nobody draws by lot: ones, nines, 1234, a year.</summary>
    private bool IsBehindFiller(int start, int end)
    {
        for (var length = 15; length <= 16; length++)
        {
            var first = end - length;
            if (first > start && Digit(start) is 1 or 2 or 9 && IsFiller(start, first) && IsLargeCard(first, length))
            {
                return true;
            }
        }

        return false;
    }

    private readonly bool IsFiller(int start, int end)
    {
        var (isSame, isCounting) = (Digit(start) is 1 or 9, Digit(start) == 1);
        for (var i = start + 1; i < end; i++)
        {
            isSame &= Digit(i) == Digit(start);
            isCounting &= Digit(i) == (i - start + 1) % 10;
        }

        return isSame || isCounting || (end - start == 4 && Two(start) is 19 or 20);
    }

    /// <summary>Any length, where the run ends with it.</summary>
    private bool IsAtEnd(int start, int end)
    {
        for (var length = CardNetworks.DigitsMin; length <= CardNetworks.DigitsMax && end - length >= start; length++)
        {
            if (IsCard(end - length, length))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>
    /// Whether the group that begins here is an expiry date with a service code, as track 2 has it.
    /// </summary>
    private readonly bool HasTrackBehind(int start) => GroupEnd(start) - start >= 7 && ExpiryDate.Is(Two(start), Two(start + 2));

    /// <summary>
    /// Whether the group that begins here is, with those behind it, a card number as people write
    /// it.
    /// </summary>
    private bool IsInGroups(int start, bool endsAtLetter)
    {
        var groups = new DigitGroups();
        var end = GroupEnd(start);
        var first = SkipZeros(start, end);
        if (first == end)
        {
            return false;
        }

        groups.Add(end - first);
        while (end < _count)
        {
            groups.Separate(SeparatorBefore(end));
            var next = GroupEnd(end);
            if (IsInGroupsBeforeExpiry(first, end, next, groups, start == 0 && _startsAtLetter))
            {
                return true;
            }

            groups.Add(next - end);
            end = next;
            var length = end - first;
            if (length > CardNetworks.DigitsMax)
            {
                return false;
            }

            if (length >= CardNetworks.DigitsMin && CardNetworks.Allow(First4(first), length) && HasCheckDigit(first, length)
                && groups.AreWritten((start == 0 && _startsAtLetter) || (end == _count && endsAtLetter)))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>
    /// As people write it, with an expiry date right behind: 1486 and 12/27 give 148612/27.
    /// </summary>
    private bool IsInGroupsBeforeExpiry(int first, int groupStart, int groupEnd, DigitGroups groups, bool isAtLetter)
    {
        for (var cut = 2; cut <= 4 && groupEnd - groupStart > cut; cut += 2)
        {
            var length = groupEnd - cut - first;
            if (length is not (15 or 16 or 19) || !EndsWithExpiry(groupEnd, cut) || !CardNetworks.Allow(First4(first), length))
            {
                continue;
            }

            var shorter = groups;
            shorter.Add(groupEnd - cut - groupStart);
            if (HasCheckDigit(first, length) && shorter.AreWritten(isAtLetter))
            {
                return true;
            }
        }

        return false;
    }

    private bool IsAnywhere()
    {
        for (var start = 0; start + 15 <= _count; start++)
        {
            var first4 = First4(start);
            if (CardNetworks.IsLarge(first4, 15) && HasCheckDigit(start, 15))
            {
                return true;
            }

            for (var length = 16; length <= CardNetworks.DigitsMax && start + length <= _count; length++)
            {
                if (CardNetworks.Issue(first4, length) && HasCheckDigit(start, length))
                {
                    return true;
                }
            }
        }

        return false;
    }

    /// <summary>
    /// Whether the digits are pairs that write digits in hexadecimal: 34 for 4. With 00 between
    /// them they are wider characters.
    /// </summary>
    private bool HoldsHexDigits(bool isThorough)
    {
        if (_count < 2 * CardNetworks.DigitsMin)
        {
            return false;
        }

        // Of pairs there are half as many.
        Span<byte> digits = stackalloc byte[RoomMax / 2];
        Span<ushort> sums = stackalloc ushort[RoomMax + 2];
        for (var offset = 0; offset < 2; offset++)
        {
            var inner = new DigitCluster(digits, sums);
            for (var i = offset; i + 1 < _count; i += 2)
            {
                Steps++;
                if (Digit(i) == 3)
                {
                    inner.Add(Digit(i + 1), DigitSeparator.None, isAtLetter: false);
                }
                else if (Two(i) != 0)
                {
                    if (inner.HoldsCardNumber(isThorough, endsAtLetter: false, isExpiryBehind: false))
                    {
                        return true;
                    }

                    inner.Clear();
                }
            }

            if (inner.HoldsCardNumber(isThorough, endsAtLetter: false, isExpiryBehind: false))
            {
                return true;
            }
        }

        return false;
    }
}
