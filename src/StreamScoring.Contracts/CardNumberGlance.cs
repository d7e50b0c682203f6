using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace StreamScoring.Contracts;

/// <summary>
/// The first look at every text: sixteen bytes at a time, so that ids, hashes and UUIDs, which are
/// nearly all there is, cost a few nanoseconds. What it lets through is looked at byte by byte.
/// </summary>
/// <remarks>
/// A digit of another script is told by the first byte of its UTF-8: C2 (superscripts), D9 and DB
/// (Arabic), DF (N'Ko), and all of three or four bytes. A packed pair of digits is a control
/// character or begins with C2.
/// </remarks>
internal static class CardNumberGlance
{
    private const int Width = 16;

    /// <summary>
    /// Base 64 writes three digits in four characters, of which the first is M, N or O; thirteen
    /// have four such groups.
    /// </summary>
    private const int Base64GroupsMin = 4;

    /// <param name="text">At least <see cref="CardNetworks.DigitsMin"/> bytes.</param>
    public static CardNumberHints Look(ReadOnlySpan<byte> text)
    {
        var (digits, threes, base64, before) = (0, 0, 0, 0u);
        var (escapes, controls, hasRun) = (0u, 0u, false);
        for (var at = 0; at < text.Length; at += Width)
        {
            // The last block ends with the text, and what the one before it had is shifted out.
            var overlap = text.Length < Width ? 0 : Math.Max(0, at + Width - text.Length);
            var block = text.Length < Width ? Padded(text) : Vector128.Create(text.Slice(at - overlap, Width));
            var letters = AtMost((block | Vector128.Create((byte)0x20)) - Vector128.Create((byte)'a'), 25);
            var notLetters = ~(letters >> overlap) & (0xffffu >> overlap);
            var leads = AtMost(Vector128.Create((byte)0xff) - block, 0xff - 0xe0)
                | Is(block, 0xd9) | Is(block, 0xdb) | Is(block, 0xdf) | Is(block, 0xc2);
            digits += BitOperations.PopCount((AtMost(block - Vector128.Create((byte)'0'), 9) | leads) >> overlap);
            threes += BitOperations.PopCount(Is(block, (byte)'3') >> overlap);
            base64 += BitOperations.PopCount(AtMost(block - Vector128.Create((byte)'M'), 2) >> overlap);
            escapes |= Is(block, (byte)'%') | Is(block, (byte)'\\') | Is(block, (byte)'&');
            controls |= AtMost(block, 0x1f) | Is(block, 0xc2);
            hasRun |= HasRun(before | (notLetters << Width));
            before = notLetters;
        }

        var hints = hasRun && digits >= CardNetworks.DigitsMin ? CardNumberHints.Digits : CardNumberHints.None;
        hints |= threes >= CardNetworks.DigitsMin ? CardNumberHints.Hex : CardNumberHints.None;
        hints |= base64 >= Base64GroupsMin ? CardNumberHints.Base64 : CardNumberHints.None;
        hints |= escapes != 0 && digits >= CardNetworks.DigitsMin ? CardNumberHints.Escapes : CardNumberHints.None;
        return hints | (controls != 0 ? CardNumberHints.Packed : CardNumberHints.None);
    }

    /// <summary>
    /// Whether a text that is too short for thirteen digits has bytes beyond ASCII: two digits may
    /// be packed in a character.
    /// </summary>
    /// <param name="text">8 to 16 bytes.</param>
    public static bool IsBeyondAscii(ReadOnlySpan<byte> text) =>
        ((MemoryMarshal.Read<ulong>(text) | MemoryMarshal.Read<ulong>(text[^8..])) & 0x8080808080808080) != 0;

    /// <summary>A block of 13 to 15 bytes, filled up with letters, which end every run.</summary>
    private static Vector128<byte> Padded(ReadOnlySpan<byte> text)
    {
        var missing = 8 * (Width - text.Length);
        var high = MemoryMarshal.Read<ulong>(text[^8..]) >> missing;
        return Vector128.Create(MemoryMarshal.Read<ulong>(text), high | (0x7878787878787878UL << (64 - missing))).AsByte();
    }

    private static uint Is(Vector128<byte> block, byte value) =>
        Vector128.Equals(block, Vector128.Create(value)).ExtractMostSignificantBits();

    private static uint AtMost(Vector128<byte> block, byte most) =>
        Vector128.Equals(Vector128.Min(block, Vector128.Create(most)), block).ExtractMostSignificantBits();

    /// <summary>
    /// Whether thirteen set bits follow each other. Such a run lies in two neighbouring blocks at
    /// most.
    /// </summary>
    private static bool HasRun(uint bits)
    {
        bits &= bits >> 1;
        bits &= bits >> 2;
        bits &= bits >> 4;
        return (bits & (bits >> 5)) != 0;
    }
}
