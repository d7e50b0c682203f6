using StreamScoring.Contracts;

namespace StreamScoring.Ingest;

/// <summary>
/// What a record may hold. Anything beyond is refused by name; nothing is cut silently.
/// </summary>
public sealed record IngestLimits
{
    /// <summary>Longest record that is decoded, bytes.</summary>
    public int RecordBytesMax { get; init; } = 64 * 1024;

    /// <summary>Longest text field or attribute value, bytes of UTF-8.</summary>
    public int TextBytesMax { get; init; } = 512;

    public int AttributesMax { get; init; } = 64;

    /// <summary>
    /// How far a payment's or label's event time, or when a label became known, may lie ahead of
    /// its record's timestamp.
    /// </summary>
    public TimeSpan EventTimeAheadMax { get; init; } = TimeSpan.FromDays(366);

    /// <summary>
    /// Earliest time of an event, ms since the Unix epoch. Epoch seconds taken for milliseconds lie
    /// in 1970, and so are refused by name.
    /// </summary>
    public long EventTimeFloorMs { get; init; } = EventTimeFloorMsDefault;

    /// <summary>2000-01-01T00:00:00Z.</summary>
    public const long EventTimeFloorMsDefault = 946_684_800_000;

    /// <summary>
    /// Fields in which a card number is not looked for, because they legitimately hold numbers that
    /// look like one.
    /// </summary>
    public IReadOnlySet<string> CardNumberFieldsIgnored { get; init; } = new HashSet<string>();

    /// <summary>
    /// What a record may hold beside the contract's fields: names and values, their bytes, and how
    /// deep they are nested. It is looked through for card numbers and thrown away, so it must not
    /// cost more than the payment itself.
    /// </summary>
    public const int UnknownValuesMax = 512, UnknownBytesMax = 16 * 1024, UnknownDepthMax = 8;

    /// <summary>
    /// 100 billion major units: with it no sum over a window's exact events leaves 64 bits
    /// (docs/features.md has the arithmetic).
    /// </summary>
    public const long AmountMajorMax = 100_000_000_000;

    /// <summary>
    /// The last millisecond of the year 9999, where ISO 8601 as we write it ends.
    /// </summary>
    public const long EventTimeMsMax = 253_402_300_799_999;

    /// <summary>The amount ceiling of a currency in its minor units.</summary>
    public static long AmountMinorMax(short currencyIndex) => MinorMax[CurrencyTable.ExponentOf(currencyIndex)];

    private static readonly long[] MinorMax =
        [AmountMajorMax, AmountMajorMax * 10, AmountMajorMax * 100, AmountMajorMax * 1000, AmountMajorMax * 10_000];
}
