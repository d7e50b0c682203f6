namespace StreamScoring.Client;

/// <summary>Where a reader of decisions starts.</summary>
/// <param name="TimestampMs">The first record at or behind this time; null for an end of the
/// topic.</param>
/// <param name="IsBeginning">Where there is no time: the first record, else behind the
/// last.</param>
public readonly record struct ReadFrom(long? TimestampMs, bool IsBeginning)
{
    public static readonly ReadFrom Beginning = new(null, true);

    public static readonly ReadFrom End = new(null, false);

    public static ReadFrom Time(long timestampMs) => new(timestampMs, false);
}
