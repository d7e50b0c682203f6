namespace StreamScoring.Lists;

/// <summary>One entry of a list, as it was written.</summary>
/// <param name="UntilMs">From when on it does not count, ms since the Unix epoch;
/// <see cref="Forever"/>: never.</param>
public readonly record struct ListEntry(string Text, long UntilMs, string? Note)
{
    public const long Forever = long.MaxValue;
}
