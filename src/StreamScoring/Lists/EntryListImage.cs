namespace StreamScoring.Lists;

/// <summary>A list as a snapshot holds it.</summary>
/// <param name="DigestHigh">High and low half of the digest of its entries.</param>
/// <param name="ChangedAtMs">When it changed last, ms since the Unix epoch.</param>
/// <param name="Lengths">[129] How many networks there are of each length of prefix.</param>
internal sealed record EntryListImage(
    string Name, int Count, ulong DigestHigh, ulong DigestLow, long ChangedAtMs, int[] Lengths,
    IEnumerable<(EntryHash Hash, uint Until)> Texts, IEnumerable<(EntryHash Hash, uint Until)> Numbers, IEnumerable<(EntryHash Hash, uint Until)> Networks);
