using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Security.Cryptography;
using System.Text;

namespace StreamScoring.Identity;

/// <summary>
/// Tells texts apart by 128 bits that depend on a secret of the deployment: who does not know it
/// cannot make two texts of one hash, nor texts that crowd a table. Every process of a deployment
/// computes the same, on any processor. Immutable; any thread may use it.
/// </summary>
/// <remarks>
/// A chain of keyed permutations of four AES rounds, one for each block of 16 bytes. Two texts of
/// one hash are found with a probability of at most 2^-113 each by whoever does not know the key:
/// Minematsu and Tsunoo, Provably Secure MACs from Differentially-Uniform Permutations and
/// AES-Based Implementations, FSE 2006. It is no signature: hashes themselves must not be
/// published.
/// </remarks>
public sealed class IdentityHash
{
    /// <summary>Shorter secrets are refused: they could be tried out.</summary>
    public const int SecretBytesMin = 16;

    public const int SecretBytesMax = 4096;

    /// <summary>
    /// In the last byte of the last block, where a text has the length of its rest: up to 15.
    /// </summary>
    private const ulong NumberMark = 0x10UL << 56, AmountMark = 0x11UL << 56;

    private readonly Vector128<byte> _start;
    private readonly Vector128<byte> _round1;
    private readonly Vector128<byte> _round2;
    private readonly Vector128<byte> _round3;
    private readonly Vector128<byte> _round4;

    /// <summary>
    /// One for each id of a payment's content, so that two ids that change places are another
    /// content.
    /// </summary>
    private readonly Vector128<byte>[] _ofId;

    private IdentityHash(ReadOnlySpan<byte> secret)
    {
        Span<byte> keys = stackalloc byte[16 * (5 + ContentIdsMax)];
        HKDF.DeriveKey(HashAlgorithmName.SHA256, secret, keys, "StreamScoring identity"u8, "keys 1"u8);
        (_start, _round1, _round2, _round3, _round4) = (KeyAt(keys, 0), KeyAt(keys, 1), KeyAt(keys, 2), KeyAt(keys, 3), KeyAt(keys, 4));
        _ofId = new Vector128<byte>[ContentIdsMax];
        for (var i = 0; i < ContentIdsMax; i++)
        {
            _ofId[i] = KeyAt(keys, 5 + i);
        }

        Span<byte> fingerprint = stackalloc byte[8];
        HKDF.DeriveKey(HashAlgorithmName.SHA256, secret, fingerprint, "StreamScoring identity"u8, "fingerprint 1"u8);
        Fingerprint = Convert.ToHexStringLower(fingerprint);
    }

    /// <summary>Ids that a payment's content has at most.</summary>
    public const int ContentIdsMax = 8;

    /// <summary>
    /// By a secret that anybody can read: for development, and for values that do not depend on
    /// hashes.
    /// </summary>
    public static IdentityHash Development { get; } = new("StreamScoring: for development, known to all"u8);

    /// <summary>
    /// Says whether two deployments have one secret, and nothing else about it: 16 hexadecimal
    /// digits.
    /// </summary>
    public string Fingerprint { get; }

    /// <param name="secret">Of <see cref="SecretBytesMin"/> to <see cref="SecretBytesMax"/> bytes
    /// in UTF-8.</param>
    /// <exception cref="ArgumentException">It is shorter or longer.</exception>
    public static IdentityHash FromSecret(string secret)
    {
        ArgumentNullException.ThrowIfNull(secret);
        var bytes = Encoding.UTF8.GetBytes(secret);
        return bytes.Length is >= SecretBytesMin and <= SecretBytesMax ? new IdentityHash(bytes)
            : throw new ArgumentException($"the secret has {bytes.Length} bytes; allowed are {SecretBytesMin}..{SecretBytesMax}", nameof(secret));
    }

    /// <returns>0 for an empty text, which is a missing one.</returns>
    public UInt128 Of(ReadOnlySpan<byte> text)
    {
        if (text.IsEmpty)
        {
            return UInt128.Zero;
        }

        var state = _start;
        while (text.Length >= Vector128<byte>.Count)
        {
            state = Permuted(state ^ Vector128.Create(text));
            text = text[Vector128<byte>.Count..];
        }

        return Unsafe.BitCast<Vector128<byte>, UInt128>(Permuted(state ^ LastBlock(text)));
    }

    /// <summary>
    /// Of a number's bits, as a value among others that are counted; never 0, which stands for
    /// missing.
    /// </summary>
    public long OfNumber(long bits) =>
        Permuted(_start ^ Vector128.Create((ulong)bits, NumberMark).AsByte()).AsInt64()[0] | 1;

    /// <summary>Of what makes a payment that payment, its own id apart.</summary>
    /// <param name="currency">A number of the currency that no release changes.</param>
    /// <param name="ids">[at most <see cref="ContentIdsMax"/>] Hashes of the ids in an order that
    /// never changes; 0 where one is missing.</param>
    public ulong OfContent(long amountMinor, int currency, ReadOnlySpan<UInt128> ids)
    {
        var sum = Permuted(_start ^ Vector128.Create((ulong)amountMinor, (uint)currency | AmountMark).AsByte());
        // They are independent of each other, so a processor works on all of them at a time.
        for (var i = 0; i < ids.Length; i++)
        {
            sum ^= AesRound.Apply(Unsafe.BitCast<UInt128, Vector128<byte>>(ids[i]) ^ _ofId[i], Vector128<byte>.Zero);
        }

        return sum.AsUInt64()[0];
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Vector128<byte> Permuted(Vector128<byte> state) =>
        AesRound.Apply(AesRound.Apply(AesRound.Apply(AesRound.Apply(state, _round1), _round2), _round3), _round4);

    /// <param name="rest">Up to 15 bytes. Their number stands in the block's last byte, so that no
    /// text's blocks are those of another.</param>
    private static Vector128<byte> LastBlock(ReadOnlySpan<byte> rest)
    {
        var length = rest.Length;
        ulong low = 0, high = 0;
        if (length >= 8)
        {
            low = BinaryPrimitives.ReadUInt64LittleEndian(rest);
            // The last eight bytes, without those that stand in the low word already: shifted in
            // two steps, as all eight may.
            high = BinaryPrimitives.ReadUInt64LittleEndian(rest[(length - 8)..]) >> 1 >> ((8 * (16 - length)) - 1);
        }
        else if (length >= 4)
        {
            low = BinaryPrimitives.ReadUInt32LittleEndian(rest) | ((ulong)BinaryPrimitives.ReadUInt32LittleEndian(rest[(length - 4)..]) << (8 * (length - 4)));
        }
        else if (length > 0)
        {
            low = rest[0] | ((ulong)rest[length / 2] << (8 * (length / 2))) | ((ulong)rest[length - 1] << (8 * (length - 1)));
        }

        return Vector128.Create(low, high | ((ulong)length << 56)).AsByte();
    }

    private static Vector128<byte> KeyAt(ReadOnlySpan<byte> keys, int index) => Vector128.Create(keys.Slice(16 * index, 16));
}
