using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using StreamScoring.Identity;

namespace StreamScoring.Lists;

/// <summary>
/// A list of texts, numbers or networks, made for what rules look for in it. It never changes;
/// another one takes its place.
/// </summary>
public sealed class EntryList
{
    /// <summary>
    /// Of this process: nobody who does not know it can make a text whose hash is that of an entry.
    /// </summary>
    private static readonly IdentityHash Hashing = IdentityHash.FromSecret(Convert.ToHexString(RandomNumberGenerator.GetBytes(32)));

    private readonly EntryTable? _texts;
    private readonly EntryTable? _numbers;
    private readonly NetworkTable? _networks;

    /// <param name="hash"><c>sha256:</c> and the hash of what it was made of.</param>
    /// <param name="entries">Several of one text count as one, with the latest end.</param>
    /// <param name="entriesMax">How many entries there are at the most.</param>
    /// <exception cref="FormatException">An entry is not what rules look for; the message names
    /// it.</exception>
    public EntryList(string name, string hash, ListUse uses, IEnumerable<ListEntry> entries, int entriesMax)
    {
        ArgumentNullException.ThrowIfNull(entries);
        (Name, Hash, Uses) = (name, hash, uses);
        _texts = uses.HasFlag(ListUse.Text) ? new EntryTable(entriesMax) : null;
        _numbers = uses.HasFlag(ListUse.Number) ? new EntryTable(entriesMax) : null;
        _networks = uses.HasFlag(ListUse.Network) ? new NetworkTable(Hashing, entriesMax) : null;
        foreach (var entry in entries)
        {
            Count++;
            _texts?.Add(HashOf(Encoding.UTF8.GetBytes(entry.Text)), entry.UntilMs);
            AddNumber(entry);
            _networks?.Add(entry.Text, entry.UntilMs);
        }
    }

    public string Name { get; }

    public string Hash { get; }

    public ListUse Uses { get; }

    public int Count { get; }

    /// <summary>Bytes of its tables.</summary>
    public long Bytes => (_texts?.Bytes ?? 0) + (_numbers?.Bytes ?? 0) + (_networks?.Bytes ?? 0);

    /// <param name="text">UTF-8, not empty.</param>
    /// <param name="nowMs">ms since the Unix epoch.</param>
    public bool ContainsText(ReadOnlySpan<byte> text, long nowMs) => ContainsHash(HashOf(text), nowMs);

    /// <param name="hash">Of a text.</param>
    /// <param name="nowMs">ms since the Unix epoch.</param>
    internal bool ContainsHash(UInt128 hash, long nowMs) => _texts!.Contains(hash, nowMs);

    /// <inheritdoc cref="ContainsText"/>
    public bool ContainsNumber(double number, long nowMs) => _numbers!.Contains(HashOf(number), nowMs);

    /// <summary>Whether a network of the list holds the address.</summary>
    /// <param name="address">As <see cref="NetworkAddressParser"/> gives it.</param>
    /// <param name="nowMs">ms since the Unix epoch.</param>
    internal bool ContainsAddress(UInt128 address, long nowMs) => _networks!.Contains(address, nowMs);

    /// <returns>0 for an empty text, which is a missing one.</returns>
    internal static UInt128 HashOf(ReadOnlySpan<byte> text) => Hashing.Of(text);

    /// <summary>Where rules look for texts too, an entry that is no number is one of those.
    /// </summary>
    private void AddNumber(in ListEntry entry)
    {
        if (_numbers is null)
        {
            return;
        }

        if (double.TryParse(entry.Text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number))
        {
            _numbers.Add(HashOf(number), entry.UntilMs);
        }
        else if (_texts is null)
        {
            throw new FormatException($"{entry.Text} is no number, and a rule looks for a number in the list");
        }
    }

    private static UInt128 HashOf(double number)
    {
        Span<byte> bytes = stackalloc byte[sizeof(double)];
        // Both zeros are one number.
        BinaryPrimitives.WriteDoubleLittleEndian(bytes, number == 0 ? 0 : number);
        return Hashing.Of(bytes);
    }
}
