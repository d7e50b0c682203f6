namespace StreamScoring.Lists;

/// <summary>What becomes of one entry of a list.</summary>
/// <param name="UntilMs">From when on it does not count, ms since the Unix epoch;
/// <see cref="ListEntry.Forever"/>: never.</param>
public readonly record struct ListChange(string List, string Entry, long UntilMs, bool IsRemoved);
