using System.Buffers;
using System.Security.Cryptography;

namespace StreamScoring.Emit;

/// <summary>
/// The parts of a refused record that are not copied: how many bytes, where the first begins, and a
/// keyed hash by which two records can be told to hold the same. Used by one thread at a time.
/// </summary>
/// <param name="key">Of the hash. Without one a hash of a card number is as good as the number:
/// there are too few of them.</param>
internal sealed class WithheldBytes(ReadOnlySpan<byte> key)
{
    private readonly byte[] _key = key.ToArray();
    private readonly ArrayBufferWriter<byte> _parts = new();

    public int Count { get; private set; }

    /// <summary>
    /// Offset in the record of the first that is withheld; of no meaning where none is.
    /// </summary>
    public int First { get; private set; }

    public void Start()
    {
        (Count, First) = (0, 0);
        _parts.ResetWrittenCount();
    }

    /// <param name="part">Of the record.</param>
    /// <param name="at">Where it begins there.</param>
    public void Add(ReadOnlySpan<byte> part, int at)
    {
        if (part.IsEmpty)
        {
            return;
        }

        (First, Count) = (Count == 0 ? at : First, Count + part.Length);
        _parts.Write(part);
    }

    /// <summary>Eight bytes of the hash in hexadecimal.</summary>
    public string Hash()
    {
        Span<byte> digest = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(_key, _parts.WrittenSpan, digest);
        return Convert.ToHexStringLower(digest[..8]);
    }
}
