namespace StreamScoring.Lists;

/// <summary>What becomes of one hash in an <see cref="EntryTrie"/>.</summary>
/// <param name="Until">Whole seconds since the Unix epoch from which on it does not count;
/// <see cref="EntryTrie.Forever"/>: never.</param>
internal readonly record struct EntryChange(EntryHash Hash, uint Until, bool IsRemoved);
