using System.Buffers.Binary;
using System.Text.Json;
using StreamScoring.Control;
using StreamScoring.Lists;

namespace StreamScoring.State;

/// <summary>
/// How a snapshot holds the policy. One block has, as JSON, the parts that the control log put in
/// force and of each list all but its entries; then blocks have entries.
/// </summary>
/// <remarks>
/// A block of entries: which list (int32, by its place in the head), of what (int32: texts,
/// numbers, networks), then each entry: its hash (12 bytes) and its end (uint32, seconds).
/// Little-endian.
/// </remarks>
internal static class PolicyBlocks
{
    private const int EntriesPerBlock = 1 << 18, EntryBytes = EntryHash.Size + sizeof(uint), PrefixBytes = 2 * sizeof(int);

    /// <summary>Of a list, all but its entries.</summary>
    private sealed record ListHead(string Name, int Count, ulong DigestHigh, ulong DigestLow, long ChangedAtMs, int[] Lengths);

    private sealed record Head(PartInForce[] Parts, PartInForce[] Applied, ListHead[] Lists, PublishedRates[]? Rates);

    public static byte[] HeadOf(ControlState control, ControlState applied, IReadOnlyList<EntryListImage> lists) => JsonSerializer.SerializeToUtf8Bytes(new Head(
        [.. control.Parts.Values], [.. applied.Parts.Values], [.. lists.Select(list => new ListHead(list.Name, list.Count, list.DigestHigh, list.DigestLow, list.ChangedAtMs, list.Lengths))],
        [.. control.Rates]));

    public static IEnumerable<byte[]> EntriesOf(IReadOnlyList<EntryListImage> lists) => lists.Index().SelectMany(list =>
        new[] { list.Item.Texts, list.Item.Numbers, list.Item.Networks }.Index().SelectMany(kind =>
            kind.Item.Chunk(EntriesPerBlock).Select(entries => BlockOf(list.Index, kind.Index, entries))));

    /// <exception cref="JsonException">It is no such head.</exception>
    public static (ControlState Control, ControlState Applied, List<RestoredList> Lists) ReadHead(ReadOnlySpan<byte> block)
    {
        var head = JsonSerializer.Deserialize<Head>(block);
        return head is { Parts: not null, Applied: not null, Lists: not null }
            ? (ControlState.Of(head.Parts, head.Rates), ControlState.Of(head.Applied, head.Rates), [.. head.Lists.Select(list => new RestoredList(list.Name, list.Count, list.DigestHigh, list.DigestLow, list.ChangedAtMs, list.Lengths))])
            : throw new JsonException("the policy's head lacks a field");
    }

    /// <returns>False where it is of no list of the head.</returns>
    public static bool TryReadEntries(ReadOnlySpan<byte> block, List<RestoredList> lists)
    {
        if (block.Length < PrefixBytes || (block.Length - PrefixBytes) % EntryBytes != 0
            || BinaryPrimitives.ReadInt32LittleEndian(block) is var index && (index < 0 || index >= lists.Count)
            || BinaryPrimitives.ReadInt32LittleEndian(block[sizeof(int)..]) is var kind && kind is < 0 or > 2)
        {
            return false;
        }

        var into = lists[index].Entries[kind];
        for (var rest = block[PrefixBytes..]; !rest.IsEmpty; rest = rest[EntryBytes..])
        {
            into.Add((
                new EntryHash(BinaryPrimitives.ReadUInt64LittleEndian(rest), BinaryPrimitives.ReadUInt32LittleEndian(rest[sizeof(ulong)..])),
                BinaryPrimitives.ReadUInt32LittleEndian(rest[EntryHash.Size..])));
        }

        return true;
    }

    private static byte[] BlockOf(int list, int kind, (EntryHash Hash, uint Until)[] entries)
    {
        var block = new byte[PrefixBytes + (entries.Length * EntryBytes)];
        BinaryPrimitives.WriteInt32LittleEndian(block, list);
        BinaryPrimitives.WriteInt32LittleEndian(block.AsSpan(sizeof(int)), kind);
        var rest = block.AsSpan(PrefixBytes);
        foreach (var (hash, until) in entries)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(rest, hash.High);
            BinaryPrimitives.WriteUInt32LittleEndian(rest[sizeof(ulong)..], hash.Low);
            BinaryPrimitives.WriteUInt32LittleEndian(rest[EntryHash.Size..], until);
            rest = rest[EntryBytes..];
        }

        return block;
    }

    /// <summary>A list that is being read.</summary>
    internal sealed record RestoredList(string Name, int Count, ulong DigestHigh, ulong DigestLow, long ChangedAtMs, int[] Lengths)
    {
        /// <summary>Texts, numbers, networks.</summary>
        public List<(EntryHash Hash, uint Until)>[] Entries { get; } = [[], [], []];

        /// <summary>Whether all of its entries were there.</summary>
        public bool IsWhole => Entries[0].Count == Count;

        public EntryListImage ToImage() => new(Name, Count, DigestHigh, DigestLow, ChangedAtMs, Lengths, Entries[0], Entries[1], Entries[2]);
    }
}
