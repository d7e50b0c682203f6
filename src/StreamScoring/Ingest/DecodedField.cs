using StreamScoring.Batches;
using StreamScoring.Contracts;

namespace StreamScoring.Ingest;

/// <summary>
/// Names for the field that a <see cref="Rejection"/> blames: the text fields first, then these.
/// </summary>
internal static class DecodedField
{
    public const int EventTime = TextFields.Count;
    public const int AmountMinor = TextFields.Count + 1;
    public const int KnownAt = TextFields.Count + 2;
    public const int Fraud = TextFields.Count + 3;
    public const int Attributes = TextFields.Count + 4;
    public const int Unknown = TextFields.Count + 5;

    private static readonly string[] OtherNames = ["event_time", "amount_minor", "known_at", "fraud", "attributes", "(unknown field)"];

    public static string NameOf(int field) => field < TextFields.Count ? TextFields.NameOf((TextField)field) : OtherNames[field - TextFields.Count];
}
