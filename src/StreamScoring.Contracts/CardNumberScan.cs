using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;

namespace StreamScoring.Contracts;

/// <summary>
/// Walks over text once and hands its digits, cluster by cluster, to <see cref="DigitCluster"/>.
/// Digits of any script count; characters that cannot be seen are none.
/// </summary>
/// <param name="text">UTF-8; bytes that are none are passed over.</param>
/// <param name="digits">Scratch room: for as many digits as the text has bytes, or
/// <see cref="DigitCluster.RoomMax"/>.</param>
/// <param name="sums">Scratch room: twice as many, and two.</param>
/// <param name="isThorough">
/// True for copies and messages: no token is taken for a hash, and sixteen digits count wherever
/// they stand.
/// </param>
internal ref struct CardNumberScan(ReadOnlySpan<byte> text, Span<byte> digits, Span<ushort> sums, bool isThorough)
{
    private const int SeparatorCharactersMax = 6, UuidLength = 36, IbanLettersMax = 34;

    /// <summary>
    /// Track 2 in hexadecimal has one letter, and F's at its end. A digest with so few is one in a
    /// million.
    /// </summary>
    private const int HashLettersMin = 3;

    private readonly ReadOnlySpan<byte> _text = text;
    private DigitCluster _cluster = new(digits, sums);
    private DigitSeparator _separator;
    private int _separators;
    private int _start, _end, _next;

    /// <summary>Bytes, digits and parts of digits looked at.</summary>
    public int Steps => _cluster.Steps + _bytes;

    private int _bytes;

    /// <summary>Finds the next cluster that holds a card number.</summary>
    /// <param name="start">Its first digit.</param>
    /// <param name="end">Behind its last digit.</param>
    public bool TryFindNext(out int start, out int end)
    {
        var (isAtLetter, isInToken) = (false, false);
        while (_next < _text.Length)
        {
            _bytes++;
            var character = _text[_next];
            if (char.IsAsciiDigit((char)character))
            {
                if (!isInToken && SkipToken())
                {
                    if (EndCluster(_next, out start, out end))
                    {
                        return true;
                    }

                    continue;
                }

                if (AddDigit(character - '0', 1, isAtLetter, out start, out end))
                {
                    return true;
                }

                (isInToken, isAtLetter) = (true, false);
            }
            else if (char.IsAsciiLetter((char)character))
            {
                var at = _next;
                if (isInToken || !SkipToken())
                {
                    _next++;
                }

                if (EndCluster(at, out start, out end))
                {
                    return true;
                }

                (isInToken, isAtLetter) = (true, true);
            }
            else if (character < 0x80)
            {
                _next++;
                if (!char.IsControl((char)character) || character is (byte)'\t' or (byte)'\n' or (byte)'\r')
                {
                    (isInToken, isAtLetter) = (false, false);
                    if (AddSeparator(KindOf(character), out start, out end))
                    {
                        return true;
                    }
                }
            }
            else if (TakeRune(ref isAtLetter, ref isInToken, out start, out end))
            {
                return true;
            }
        }

        return EndCluster(_text.Length, out start, out end);
    }

    private bool TakeRune(ref bool isAtLetter, ref bool isInToken, out int start, out int end)
    {
        (start, end) = (0, 0);
        var isValid = Rune.DecodeFromUtf8(_text[_next..], out var rune, out var length) == System.Buffers.OperationStatus.Done;
        if (isValid && Rune.GetNumericValue(rune) is >= 0 and <= 9 and var value && value == (int)value)
        {
            var found = AddDigit((int)value, length, isAtLetter, out start, out end);
            isAtLetter = false;
            return found;
        }

        var at = _next;
        _next += length;
        switch (isValid ? Rune.GetUnicodeCategory(rune) : UnicodeCategory.Control)
        {
            // Not seen, or drawn upon the digit before.
            case UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark
                or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse
                or UnicodeCategory.OtherNotAssigned:
                return false;
            case UnicodeCategory.SpaceSeparator or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator:
                (isInToken, isAtLetter) = (false, false);
                return AddSeparator(DigitSeparator.Blank, out start, out end);
            case UnicodeCategory.DashPunctuation:
                (isInToken, isAtLetter) = (false, false);
                return AddSeparator(DigitSeparator.Dash, out start, out end);
            case UnicodeCategory.LowercaseLetter or UnicodeCategory.UppercaseLetter or UnicodeCategory.TitlecaseLetter
                or UnicodeCategory.ModifierLetter or UnicodeCategory.OtherLetter:
                (isInToken, isAtLetter) = (true, true);
                return EndCluster(at, out start, out end);
            default:
                // A minus sign is a symbol.
                (isInToken, isAtLetter) = (false, false);
                return AddSeparator(rune.Value == 0x2212 ? DigitSeparator.Dash : DigitSeparator.Other, out start, out end);
        }
    }

    private bool AddDigit(int digit, int length, bool isAtLetter, out int start, out int end)
    {
        (start, end) = (0, 0);
        var found = false;
        if (_cluster.IsFull)
        {
            found = _cluster.HoldsCardNumber(isThorough, endsAtLetter: false, isExpiryBehind: false);
            (start, end) = (_start, _end);
            _cluster.DropFront();
            _start = _end;
        }

        if (_cluster.Count == 0)
        {
            _start = _next;
        }

        _cluster.Add(digit, _separator, isAtLetter);
        _next += length;
        (_end, _separator, _separators) = (_next, DigitSeparator.None, 0);
        return found;
    }

    private bool AddSeparator(DigitSeparator kind, out int start, out int end)
    {
        (start, end) = (0, 0);
        if (_cluster.Count == 0)
        {
            return false;
        }

        _separator = ++_separators == 1 ? kind : DigitSeparator.Other;
        return _separators > SeparatorCharactersMax && EndCluster(_text.Length, out start, out end);
    }

    /// <param name="letter">Where the letter stands that ends it; the text's length where none
    /// does.</param>
    private bool EndCluster(int letter, out int start, out int end)
    {
        (start, end) = (_start, _end);
        if (_cluster.Count == 0)
        {
            return false;
        }

        var endsAtLetter = letter == _end && letter < _text.Length;
        var found = _cluster.HoldsCardNumber(isThorough, endsAtLetter, endsAtLetter && IsTrackExpiryBehind(letter));
        _cluster.Clear();
        (_separator, _separators) = (DigitSeparator.None, 0);
        return found;
    }

    /// <summary>ISO/IEC 7813, track 2 in hexadecimal: D, then year and month.</summary>
    private readonly bool IsTrackExpiryBehind(int letter)
    {
        var behind = _text[letter..];
        return behind.Length >= 5 && (behind[0] | 0x20) == 'd' && behind.Slice(1, 4).IndexOfAnyExceptInRange((byte)'0', (byte)'9') < 0
            && ExpiryDate.IsTrack(((behind[1] - '0') * 10) + behind[2] - '0', ((behind[3] - '0') * 10) + behind[4] - '0');
    }

    /// <summary>
    /// Steps over a token that is known to be no card number: a hash, a UUID, an IBAN.
    /// </summary>
    private bool SkipToken()
    {
        if (isThorough)
        {
            return false;
        }

        var rest = _text[_next..];
        var (length, letters, isHex) = Token(rest);
        _bytes += length;
        var skipped = isHex && IsHashLength(length) && letters >= HashLettersMin ? length
            : length == 8 && isHex && IsUuid(rest) ? UuidLength
            : IbanLength(rest);
        _next += skipped;
        return skipped > 0;
    }

    /// <summary>
    /// The letters and digits from here on. Trailing F's fill up numbers in hexadecimal, and are
    /// not counted among the letters.
    /// </summary>
    private static (int Length, int Letters, bool IsHex) Token(ReadOnlySpan<byte> rest)
    {
        var (length, letters, fill, isHex) = (0, 0, 0, true);
        for (; length < rest.Length && char.IsAsciiLetterOrDigit((char)rest[length]); length++)
        {
            var isLetter = char.IsAsciiLetter((char)rest[length]);
            isHex &= char.IsAsciiHexDigit((char)rest[length]);
            letters += isLetter ? 1 : 0;
            fill = (rest[length] | 0x20) == 'f' ? fill + 1 : 0;
        }

        return (length, letters - fill, isHex);
    }

    /// <summary>The lengths that digests and object ids have.</summary>
    private static bool IsHashLength(int length) => length is 24 or 32 or 40 or 48 or 56 or 64 or 96 or 128;

    /// <summary>
    /// 8-4-4-4-12 hexadecimal digits, of which one is a letter, or with the version and variant of
    /// RFC 9562.
    /// </summary>
    private static bool IsUuid(ReadOnlySpan<byte> rest)
    {
        if (rest.Length < UuidLength)
        {
            return false;
        }

        var hasLetter = false;
        for (var i = 0; i < UuidLength; i++)
        {
            if (i is 8 or 13 or 18 or 23 ? rest[i] != (byte)'-' : !char.IsAsciiHexDigit((char)rest[i]))
            {
                return false;
            }

            hasLetter |= char.IsAsciiLetter((char)rest[i]);
        }

        return hasLetter || (rest[14] is >= (byte)'1' and <= (byte)'8' && rest[19] is (byte)'8' or (byte)'9');
    }

    /// <summary>
    /// ISO 13616: a country, two check digits, up to 30 letters and digits; in groups of four where
    /// it is printed.
    /// </summary>
    /// <returns>0 where none begins here.</returns>
    private static int IbanLength(ReadOnlySpan<byte> rest)
    {
        if (rest.Length < 15 || !char.IsAsciiLetterUpper((char)rest[0]) || !char.IsAsciiLetterUpper((char)rest[1])
            || !char.IsAsciiDigit((char)rest[2]) || !char.IsAsciiDigit((char)rest[3]))
        {
            return 0;
        }

        var (length, count, rest97) = (4, 4, 0);
        for (; length < rest.Length && count <= IbanLettersMax; length++)
        {
            var character = rest[length];
            if (char.IsAsciiDigit((char)character) || char.IsAsciiLetterUpper((char)character))
            {
                rest97 = Append97(rest97, character);
                count++;
            }
            else if (character != (byte)' ' || count % 4 != 0 || length + 1 == rest.Length
                || !char.IsAsciiLetterOrDigit((char)rest[length + 1]))
            {
                break;
            }
        }

        foreach (var character in rest[..4])
        {
            rest97 = Append97(rest97, character);
        }

        return count is >= 15 and <= IbanLettersMax && rest97 == 1 ? length : 0;
    }

    private static int Append97(int rest97, byte character) =>
        char.IsAsciiDigit((char)character) ? ((rest97 * 10) + character - '0') % 97 : ((rest97 * 100) + character - 'A' + 10) % 97;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static DigitSeparator KindOf(byte character) => character switch
    {
        (byte)' ' or (byte)'\t' or (byte)'\n' or (byte)'\r' or (byte)'+' => DigitSeparator.Blank,
        (byte)'-' or (byte)'_' => DigitSeparator.Dash,
        _ => DigitSeparator.Other,
    };
}
