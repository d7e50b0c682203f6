using System.Buffers.Binary;
using System.Globalization;
using System.IO.Hashing;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using StreamScoring.Identity;

namespace StreamScoring.Lists;

/// <summary>
/// A list of texts, numbers and networks, made for what rules look for in it. It never changes; a
/// change gives another one, which shares all that stayed.
/// </summary>
/// <remarks>
/// Every entry is a text. One that is a number is also found by its value: by the text that the
/// number has in its shortest form, so only an entry that is written in another way (<c>7.0</c>)
/// stands twice.
/// </remarks>
public sealed class EntryList
{
    private const ListUse All = ListUse.Text | ListUse.Number | ListUse.Network;
    private const int ChunkEntries = 1 << 18, LengthCount = 129;

    private readonly IdentityHash _hashing;
    private readonly EntryTrie _texts, _numbers, _networks;

    /// <summary>[lengths of prefix] How many networks there are of it.</summary>
    private readonly int[] _counts;
    private readonly byte[] _lengths;
    private readonly UInt128 _digest;

    private EntryList(
        string name, string? hash, ListUse uses, IdentityHash hashing, EntryTrie texts, EntryTrie numbers, EntryTrie networks, int[] counts, UInt128 digest, long changedAtMs)
    {
        (Name, Uses, _hashing, _texts, _numbers, _networks, _counts, _digest, ChangedAtMs) = (name, uses, hashing, texts, numbers, networks, counts, digest, changedAtMs);
        _lengths = [.. Enumerable.Range(0, counts.Length).Where(length => counts[length] > 0).Select(length => (byte)length)];
        Hash = hash ?? string.Create(CultureInfo.InvariantCulture, $"xxh128:{digest:x32}");
    }

    /// <summary>
    /// Of this process: nobody who does not know it can make a text whose hash is that of an entry.
    /// </summary>
    internal static IdentityHash OfProcess { get; } = IdentityHash.FromSecret(Convert.ToHexString(RandomNumberGenerator.GetBytes(32)));

    public string Name { get; }

    /// <summary>
    /// Of the file that it was read from; else of its entries, whatever their order.
    /// </summary>
    public string Hash { get; }

    public ListUse Uses { get; }

    /// <summary>Distinct entries.</summary>
    public int Count => _texts.Count;

    /// <summary>When it changed last, ms since the Unix epoch; 0 where that is not known.</summary>
    public long ChangedAtMs { get; }

    /// <summary>Bytes of its entries, about; it walks all of them.</summary>
    public long Bytes => _texts.Bytes + _numbers.Bytes + _networks.Bytes;

    /// <summary>A list that rules may look for anything in.</summary>
    public static EntryList Empty(string name, IdentityHash hashing) => Empty(name, null, All, hashing);

    /// <summary>
    /// How an address or a network is written that can be written in several ways:
    /// <c>10.0.0.0/8</c> for <c>10.1.0.0/8</c>, <c>192.0.2.7</c> for <c>192.0.2.7/32</c>.
    /// </summary>
    /// <returns>Null for what is neither.</returns>
    public static string? OneWayToWrite(string entry)
    {
        ArgumentNullException.ThrowIfNull(entry);
        if (!NetworkAddressParser.TryParseNetwork(Encoding.UTF8.GetBytes(entry), out var address, out var length))
        {
            return null;
        }

        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, NetworkAddressParser.Masked(address, length));
        const int bitsV6 = 128, bitsV4 = 32;
        var isV4 = length >= bitsV6 - bitsV4 && new IPAddress(bytes).IsIPv4MappedToIPv6;
        var written = isV4 ? new IPAddress(bytes[12..]) : new IPAddress(bytes);
        return length == bitsV6 ? $"{written}" : string.Create(CultureInfo.InvariantCulture, $"{written}/{(isV4 ? length - bitsV6 + bitsV4 : length)}");
    }

    /// <param name="hash"><c>sha256:</c> and the hash of what it is made of.</param>
    /// <param name="uses">What rules look for in it.</param>
    /// <param name="entries">Several of one text count as one, with the latest end.</param>
    /// <param name="changedAtMs">When it changed last, ms since the Unix epoch; 0: not
    /// known.</param>
    /// <exception cref="FormatException">An entry is not what rules look for; the message names
    /// it.</exception>
    public static EntryList Of(string name, string hash, ListUse uses, IEnumerable<ListEntry> entries, long changedAtMs = 0)
    {
        var list = Empty(name, hash, uses, OfProcess);
        var empty = list;
        // Each is looked at as it is read, so that whoever reads knows which one is wrong.
        foreach (var chunk in entries.Select(entry => new ListChange(name, empty.Required(entry.Text), entry.UntilMs, IsRemoved: false)).Chunk(ChunkEntries))
        {
            list = list.With(chunk, changedAtMs, keepsLatestEnd: true);
        }

        return list;
    }

    /// <param name="changes">Of this list; later ones count.</param>
    /// <param name="atMs">When they were made, ms since the Unix epoch.</param>
    public EntryList With(IReadOnlyCollection<ListChange> changes, long atMs) => With(changes, atMs, keepsLatestEnd: false);

    /// <param name="text">UTF-8, not empty.</param>
    /// <param name="nowMs">ms since the Unix epoch.</param>
    public bool ContainsText(ReadOnlySpan<byte> text, long nowMs) => ContainsHash(_hashing.Of(text), nowMs);

    /// <param name="hash">Of a text.</param>
    /// <param name="nowMs">ms since the Unix epoch.</param>
    internal bool ContainsHash(UInt128 hash, long nowMs) => _texts.Contains(EntryHash.Of(hash), nowMs);

    /// <inheritdoc cref="ContainsText"/>
    public bool ContainsNumber(double number, long nowMs)
    {
        Span<byte> text = stackalloc byte[32];
        // Both zeros are one number.
        var isWritten = (number == 0 ? 0 : number).TryFormat(text, out var length, default, CultureInfo.InvariantCulture);
        Invariant.Require(isWritten);
        return ContainsText(text[..length], nowMs) || (_numbers.Count > 0 && _numbers.Contains(HashOf(number), nowMs));
    }

    /// <summary>Whether a network of the list holds the address.</summary>
    /// <param name="address">As <see cref="NetworkAddressParser"/> gives it.</param>
    /// <param name="nowMs">ms since the Unix epoch.</param>
    internal bool ContainsAddress(UInt128 address, long nowMs)
    {
        foreach (var length in _lengths)
        {
            if (_networks.Contains(HashOf(address, length), nowMs))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>What a snapshot holds of it.</summary>
    internal EntryListImage ToImage() => new(Name, Count, (ulong)(_digest >> 64), (ulong)_digest, ChangedAtMs, _counts, _texts.Entries(), _numbers.Entries(), _networks.Entries());

    /// <summary>The list that a snapshot held.</summary>
    internal static EntryList Of(EntryListImage image, IdentityHash hashing) => new(
        image.Name, null, All, hashing, TrieOf(image.Texts), TrieOf(image.Numbers), TrieOf(image.Networks), image.Lengths, new UInt128(image.DigestHigh, image.DigestLow), image.ChangedAtMs);

    private static EntryTrie TrieOf(IEnumerable<(EntryHash Hash, uint Until)> entries) =>
        EntryTrie.Empty.With([.. entries.Select(entry => new EntryChange(entry.Hash, entry.Until, IsRemoved: false))]);

    private static EntryList Empty(string name, string? hash, ListUse uses, IdentityHash hashing) =>
        new(name, hash, uses, hashing, EntryTrie.Empty, EntryTrie.Empty, EntryTrie.Empty, new int[LengthCount], UInt128.Zero, 0);

    /// <summary>Ends are rounded up.</summary>
    private static uint SecondsOf(long untilMs) => untilMs >= (EntryTrie.Forever - 1) * 1000L ? EntryTrie.Forever : (uint)Math.Max(0, (untilMs + 999) / 1000);

    private static UInt128 DigestOf(ReadOnlySpan<byte> text, uint until)
    {
        Span<byte> bytes = text.Length <= 256 ? stackalloc byte[256 + sizeof(uint)] : new byte[text.Length + sizeof(uint)];
        text.CopyTo(bytes);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[text.Length..], until);
        return XxHash128.HashToUInt128(bytes[..(text.Length + sizeof(uint))]);
    }

    private static bool TryParseNumber(string text, out double number) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out number) && double.IsFinite(number);

    /// <summary>
    /// Where rules look for texts too, an entry that is no number is one of those.
    /// </summary>
    private string Required(string text) =>
        Uses == ListUse.Number && !TryParseNumber(text, out _) ? throw new FormatException($"{text} is no number, and a rule looks for a number in the list")
        : Uses.HasFlag(ListUse.Network) && !NetworkAddressParser.TryParseNetwork(Encoding.UTF8.GetBytes(text), out _, out _)
            ? throw new FormatException($"{text} is no address and no network; write 10.0.0.0/8, 192.0.2.7 or 2001:db8::/32")
            : text;

    private EntryList With(IReadOnlyCollection<ListChange> changes, long atMs, bool keepsLatestEnd)
    {
        var (texts, numbers, networks) = (new Dictionary<EntryHash, EntryChange>(changes.Count), new Dictionary<EntryHash, EntryChange>(), new Dictionary<EntryHash, EntryChange>());
        var (digest, counts) = (_digest, (int[]?)null);
        foreach (var change in changes)
        {
            var text = Encoding.UTF8.GetBytes(change.Entry);
            var hash = EntryHash.Of(_hashing.Of(text));
            var (wasThere, before) = texts.TryGetValue(hash, out var earlier) ? (!earlier.IsRemoved, earlier.Until) : (_texts.TryFind(hash, out var until), until);
            var seconds = keepsLatestEnd && wasThere ? Math.Max(before, SecondsOf(change.UntilMs)) : SecondsOf(change.UntilMs);
            digest = digest - (wasThere ? DigestOf(text, before) : 0) + (change.IsRemoved ? 0 : DigestOf(text, seconds));
            texts[hash] = new EntryChange(hash, seconds, change.IsRemoved);
            if (Uses.HasFlag(ListUse.Number) && TryParseNumber(change.Entry, out var number) && number.ToString(CultureInfo.InvariantCulture) != change.Entry)
            {
                Put(numbers, _numbers, HashOf(number), seconds, change.IsRemoved);
            }

            // In a log entries come and go one by one, so a network counts in one way to write it
            // alone.
            if (Uses.HasFlag(ListUse.Network) && NetworkAddressParser.TryParseNetwork(text, out var address, out var length) && (keepsLatestEnd || OneWayToWrite(change.Entry) == change.Entry))
            {
                Put(networks, _networks, HashOf(address, length), seconds, change.IsRemoved);
                counts ??= [.. _counts];
                counts[length] += (change.IsRemoved ? 0 : 1) - (wasThere ? 1 : 0);
            }
        }

        void Put(Dictionary<EntryHash, EntryChange> into, EntryTrie trie, EntryHash hash, uint seconds, bool isRemoved)
        {
            // Two ways to write one number, or one network, are two entries of one hash.
            var before = !keepsLatestEnd ? 0 : into.TryGetValue(hash, out var earlier) ? earlier.Until : trie.TryFind(hash, out var until) ? until : 0;
            into[hash] = new EntryChange(hash, Math.Max(before, seconds), isRemoved);
        }

        return new EntryList(
            Name, Hash.StartsWith("xxh128:", StringComparison.Ordinal) ? null : Hash, Uses, _hashing,
            _texts.With(Sorted(texts)), _numbers.With(Sorted(numbers)), _networks.With(Sorted(networks)), counts ?? _counts, digest, Math.Max(atMs, ChangedAtMs));
    }

    private static EntryChange[] Sorted(Dictionary<EntryHash, EntryChange> changes)
    {
        var sorted = changes.Values.ToArray();
        sorted.AsSpan().Sort((left, right) => left.Hash.CompareTo(right.Hash));
        return sorted;
    }

    /// <summary>
    /// In another domain than texts: a leading byte 0 begins no text of an entry.
    /// </summary>
    private EntryHash HashOf(double number)
    {
        Span<byte> bytes = stackalloc byte[1 + sizeof(double)];
        bytes[0] = 0;
        // Both zeros are one number.
        BinaryPrimitives.WriteDoubleLittleEndian(bytes[1..], number == 0 ? 0 : number);
        return EntryHash.Of(_hashing.Of(bytes));
    }

    private EntryHash HashOf(UInt128 address, byte length)
    {
        Span<byte> bytes = stackalloc byte[17];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, NetworkAddressParser.Masked(address, length));
        bytes[16] = length;
        return EntryHash.Of(_hashing.Of(bytes));
    }
}
