using System.Security.Cryptography;

namespace StreamScoring.Mapping;

/// <summary>
/// Makes keyed tokens of card numbers before anything of them is stored or printed: HMAC-SHA-256
/// (RFC 2104, FIPS 180-4) of the digits, in hexadecimal. Who has the key can try all card numbers,
/// so it is a secret like the numbers themselves.
/// </summary>
public sealed class CardToken
{
    /// <summary>A key that is shorter can be guessed.</summary>
    public const int KeyBytesMin = 16;

    /// <summary>Hexadecimal digits of a token.</summary>
    public const int Length = 2 * HMACSHA256.HashSizeInBytes;

    private readonly byte[] _key;

    /// <param name="key">At least <see cref="KeyBytesMin"/> bytes.</param>
    public CardToken(ReadOnlySpan<byte> key)
    {
        Invariant.Require(key.Length >= KeyBytesMin);
        _key = key.ToArray();
    }

    /// <summary>
    /// The number's blanks and dashes do not count: written in groups it is the same card.
    /// </summary>
    /// <param name="text">UTF-8.</param>
    /// <param name="token">[<see cref="Length"/>] Filled.</param>
    public void Write(ReadOnlySpan<byte> text, Span<byte> token)
    {
        text = CellText.WithoutZeros(CellText.Trim(text));
        Span<byte> digits = stackalloc byte[64];
        var count = 0;
        foreach (var character in text)
        {
            if (char.IsAsciiDigit((char)character) && count < digits.Length)
            {
                digits[count++] = character;
            }
            else if (character is not ((byte)' ' or (byte)'-'))
            {
                // No number at all: all of it counts.
                count = 0;
                break;
            }
        }

        Span<byte> hash = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(_key, count > 0 ? digits[..count] : text, hash);
        Convert.TryToHexStringLower(hash, token, out _);
    }
}
