using System.Buffers.Binary;
using System.Text;
using StreamScoring.Identity;

namespace StreamScoring.Lists;

/// <summary>
/// Networks, found by an address: a look-up for each length of prefix that occurs.
/// </summary>
internal sealed class NetworkTable(IdentityHash hashing, int entriesMax)
{
    private readonly EntryTable _prefixes = new(entriesMax);
    private byte[] _lengths = [];

    public long Bytes => _prefixes.Bytes;

    /// <param name="text">An address, or one with a length of prefix behind a slash.</param>
    /// <exception cref="FormatException">It is neither.</exception>
    public void Add(string text, long untilMs)
    {
        if (!NetworkAddressParser.TryParseNetwork(Encoding.UTF8.GetBytes(text), out var address, out var length))
        {
            throw new FormatException($"{text} is no address and no network; write 10.0.0.0/8, 192.0.2.7 or 2001:db8::/32");
        }

        if (Array.IndexOf(_lengths, length) < 0)
        {
            _lengths = [.. _lengths, length];
        }

        _prefixes.Add(HashOf(address, length), untilMs);
    }

    public bool Contains(UInt128 address, long nowMs)
    {
        foreach (var length in _lengths)
        {
            if (_prefixes.Contains(HashOf(address, length), nowMs))
            {
                return true;
            }
        }

        return false;
    }

    private UInt128 HashOf(UInt128 address, byte length)
    {
        Span<byte> bytes = stackalloc byte[17];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, NetworkAddressParser.Masked(address, length));
        bytes[16] = length;
        return hashing.Of(bytes);
    }
}
