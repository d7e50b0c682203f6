using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace StreamScoring.Contracts;

/// <summary>
/// Finds card numbers, so that none is ever written anywhere: 13 to 19 digits with a card network's
/// prefix and a correct check digit, in any script, together or in groups, padded, behind escapes,
/// in hexadecimal or base 64 (docs/card-numbers.md).
/// </summary>
/// <remarks>
/// Check digit: ISO/IEC 7812-1, annex B (Luhn). Each question costs in proportion to the length of
/// what is asked about.
/// </remarks>
public static class CardNumber
{
    /// <summary>
    /// The shortest text with a packed number: eight characters, some of them beyond ASCII.
    /// </summary>
    private const int PackedLengthMin = 8;

    private const int ScratchBytes = 1024;

    /// <summary>
    /// Whether a text that is to be accepted holds a card number: what looks like one by chance is
    /// left alone as far as can be told.
    /// </summary>
    /// <param name="text">UTF-8.</param>
    public static bool IsIn(ReadOnlySpan<byte> text)
    {
        var steps = 0;
        return IsIn(text, isThorough: false, ref steps);
    }

    /// <inheritdoc cref="IsIn(ReadOnlySpan{byte})"/>
    public static bool IsIn(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text.Length < PackedLengthMin)
        {
            return false;
        }

        // A character is three bytes at most, a pair of surrogates four.
        Span<byte> utf8 = text.Length <= ScratchBytes / 3 ? stackalloc byte[ScratchBytes] : new byte[3 * text.Length];
        return IsIn(utf8[..Encoding.UTF8.GetBytes(text, utf8)]);
    }

    /// <summary>Whether an integer's decimal digits hold a card number.</summary>
    public static bool IsIn(long number)
    {
        var magnitude = number < 0 ? 0 - (ulong)number : (ulong)number;
        return magnitude >= 1_000_000_000_000 && IsIn(magnitude);
    }

    /// <summary>
    /// Whether a number as it is written (JSON) holds a card number: in its whole part, or with its
    /// exponent worked out. Measurements have as many decimals as cards have digits, so those are
    /// not looked at.
    /// </summary>
    public static bool IsInNumber(ReadOnlySpan<byte> written)
    {
        var steps = 0;
        return written.IndexOfAny((byte)'.', (byte)'e', (byte)'E') < 0
            ? IsIn(written)
            : DecimalText.HoldsCardNumber(written, isThorough: false, ref steps);
    }

    /// <summary>
    /// Whether a number's decimal digits hold a card number. Where a double has lost the last
    /// digits, the length and the network's prefix decide: beyond 2^53, in what was a float, and
    /// where spreadsheets kept fifteen digits of sixteen.
    /// </summary>
    public static bool IsIn(double number)
    {
        var magnitude = Math.Abs(number);
        if (!(magnitude is >= 1e12 and < 1e19))
        {
            return false;
        }

        var whole = (ulong)magnitude;
        // Beyond 2^51 decimals are rounded, some of them up.
        return IsIn(whole) || (magnitude >= (1L << 51) && magnitude == whole && IsIn(whole - 1))
            || (IsRounded(magnitude, whole) && IsIssued(whole));
    }

    /// <summary>
    /// Rounded to fewer than thirteen digits it says no more than a card number that is cut as it
    /// may be shown.
    /// </summary>
    private static bool IsRounded(double magnitude, ulong whole) =>
        magnitude >= (1L << 53)
        || (magnitude >= 1e15 && magnitude == whole && whole % 10 == 0 && whole % 10_000 != 0)
        || (magnitude >= 1e14 && (float)magnitude == magnitude);

    /// <summary>
    /// Whether a text may hold a card number: for copies and messages, where a mask too many costs
    /// nothing. Sixteen digits count wherever they stand, in hashes too.
    /// </summary>
    public static bool MayBeIn(ReadOnlySpan<byte> text)
    {
        var steps = 0;
        return IsIn(text, isThorough: true, ref steps);
    }

    /// <summary>
    /// Whether bytes of a form that is not known (a key, a header) hold a card number: as text of
    /// any width, as an integer, packed.
    /// </summary>
    public static bool IsInBytes(ReadOnlySpan<byte> bytes)
    {
        if (IsIn(bytes) || EncodedCardNumber.IsPackedInBytes(bytes))
        {
            return true;
        }

        if (bytes.Length == sizeof(long)
            && (IsIn(BinaryPrimitives.ReadInt64BigEndian(bytes)) || IsIn(BinaryPrimitives.ReadInt64LittleEndian(bytes))
                || IsInDouble(BinaryPrimitives.ReadDoubleBigEndian(bytes), bytes)
                || IsInDouble(BinaryPrimitives.ReadDoubleLittleEndian(bytes), bytes)))
        {
            return true;
        }

        // Characters of two or four bytes: UTF-16, UTF-32.
        byte[]? rented = null;
        var narrow = bytes.Length <= ScratchBytes ? stackalloc byte[ScratchBytes] : rented = ArrayPool<byte>.Shared.Rent(bytes.Length);
        var count = 0;
        foreach (var value in bytes)
        {
            if (value != 0)
            {
                narrow[count++] = value;
            }
        }

        var found = count < bytes.Length && IsIn(narrow[..count]);
        Return(rented);
        return found;
    }

    /// <summary>
    /// Keys of eight printable characters are text: as doubles, those that begin with C0 have a
    /// card's length and prefix.
    /// </summary>
    private static bool IsInDouble(double number, ReadOnlySpan<byte> bytes) =>
        bytes.IndexOfAnyExceptInRange((byte)' ', (byte)'~') >= 0 && IsIn(number);

    /// <summary>
    /// The text with asterisks for the digits of everything that may be a card number. For what
    /// people read.
    /// </summary>
    public static string Mask(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        if (!MayBeIn(bytes))
        {
            return text;
        }

        var masked = MaskDigits(bytes);
        return MayBeIn(masked) ? MaskWords(Encoding.UTF8.GetString(masked)) : Encoding.UTF8.GetString(masked);
    }

    /// <param name="steps">Raised by the bytes, digits and parts looked at.</param>
    internal static bool IsIn(ReadOnlySpan<byte> text, bool isThorough, ref int steps)
    {
        if (text.Length < CardNetworks.DigitsMin)
        {
            return text.Length >= PackedLengthMin && CardNumberGlance.IsBeyondAscii(text)
                && EncodedCardNumber.IsPackedInCharacters(text, ref steps);
        }

        var hints = CardNumberGlance.Look(text);
        return hints != CardNumberHints.None && LookCloser(text, hints, isThorough, ref steps);
    }

    private static bool LookCloser(ReadOnlySpan<byte> text, CardNumberHints hints, bool isThorough, ref int steps)
    {
        return ((hints & CardNumberHints.Digits) != 0 && HasDigits(text, isThorough, ref steps))
            || ((hints & ~CardNumberHints.Digits) != 0 && LookBehind(text, hints, isThorough, ref steps));
    }

    /// <summary>Whether the digits that stand in a text as such hold a card number.</summary>
    internal static bool HasDigits(ReadOnlySpan<byte> text, bool isThorough, ref int steps)
    {
        var room = Math.Min(text.Length, DigitCluster.RoomMax);
        Span<byte> digits = stackalloc byte[room];
        Span<ushort> sums = stackalloc ushort[(2 * room) + 2];
        if (text.Length == room && text.IndexOfAnyExceptInRange((byte)'0', (byte)'9') < 0)
        {
            return IsInNumber(text, digits, sums, isThorough, ref steps);
        }

        if (DecimalText.IsAll(text))
        {
            var holds = DecimalText.HoldsCardNumber(text, isThorough, ref steps);
            if (holds || !isThorough)
            {
                return holds;
            }
        }

        if (!isThorough && NetworkAddress.IsIpv6(text))
        {
            return false;
        }

        var scan = new CardNumberScan(text, digits, sums, isThorough);
        var found = scan.TryFindNext(out _, out _);
        steps += scan.Steps;
        return found || DecimalText.IsWithExponentIn(text, isThorough, ref steps);
    }

    /// <summary>Ids that are whole numbers are common: no walk is needed for them.</summary>
    private static bool IsInNumber(ReadOnlySpan<byte> text, Span<byte> digits, Span<ushort> sums, bool isThorough, ref int steps)
    {
        var cluster = new DigitCluster(digits, sums);
        foreach (var digit in text)
        {
            cluster.Add(digit - '0', DigitSeparator.None, isAtLetter: false);
        }

        var found = cluster.HoldsCardNumber(isThorough, endsAtLetter: false, isExpiryBehind: false);
        steps += cluster.Steps;
        return found;
    }

    private static bool LookBehind(ReadOnlySpan<byte> text, CardNumberHints hints, bool isThorough, ref int steps)
    {
        byte[]? rented = null;
        var scratch = text.Length <= ScratchBytes ? stackalloc byte[ScratchBytes] : rented = ArrayPool<byte>.Shared.Rent(text.Length);
        var found = EncodedCardNumber.IsIn(text, hints, scratch, isThorough, ref steps);
        Return(rented);
        return found;
    }

    internal static bool IsIn(ulong number)
    {
        Span<byte> text = stackalloc byte[20];
        return number.TryFormat(text, out var written, default, CultureInfo.InvariantCulture) && IsIn(text[..written]);
    }

    private static bool IsIssued(ulong number)
    {
        var (first, length) = (number, 4);
        for (; first >= 10_000; length++)
        {
            first /= 10;
        }

        return CardNetworks.Issue((int)first, length);
    }

    private static byte[] MaskDigits(byte[] text)
    {
        var masked = new ArrayBufferWriter<byte>(text.Length);
        var scan = new CardNumberScan(text, new byte[DigitCluster.RoomMax], new ushort[(2 * DigitCluster.RoomMax) + 2], isThorough: true);
        var copied = 0;
        while (scan.TryFindNext(out var start, out var end))
        {
            masked.Write(text.AsSpan(copied, start - copied));
            for (copied = start; copied < end;)
            {
                Rune.DecodeFromUtf8(text.AsSpan(copied, end - copied), out var rune, out var length);
                masked.Write(Rune.GetNumericValue(rune) >= 0 ? "*"u8 : text.AsSpan(copied, length));
                copied += length;
            }
        }

        masked.Write(text.AsSpan(copied));
        return masked.WrittenSpan.ToArray();
    }

    /// <summary>What is encoded cannot be masked digit by digit.</summary>
    private static string MaskWords(string text)
    {
        var masked = string.Join(' ', text.Split(' ').Select(word => MayBeIn(Encoding.UTF8.GetBytes(word)) ? "***" : word));
        return MayBeIn(Encoding.UTF8.GetBytes(masked)) ? "(not shown: it may hold a card number)" : masked;
    }

    private static void Return(byte[]? rented)
    {
        if (rented is not null)
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }
}
