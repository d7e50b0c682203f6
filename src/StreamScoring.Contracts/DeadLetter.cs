namespace StreamScoring.Contracts;

/// <summary>
/// A record that the pipeline refused, as a reader of the dead letters sees it; or one that it
/// decided and has to say something of.
/// </summary>
public sealed record DeadLetter
{
    /// <summary>
    /// The reason that is no refusal: the payment is decided, and another one was published before
    /// with its id.
    /// </summary>
    public const string ConflictingId = "conflicting_id";

    /// <summary>Why, by the names of docs/wire-format.md: <c>unknown_currency</c>, …</summary>
    public required string Reason { get; init; }

    /// <summary>The field that is to blame; null where none is.</summary>
    public string? Field { get; init; }

    /// <summary>The reason as a sentence.</summary>
    public required string Detail { get; init; }

    /// <summary>Where the refused record stands.</summary>
    public required DecisionSource Source { get; init; }

    /// <summary>
    /// The id of the topic that <see cref="Source"/> names; null where the brokers did not tell,
    /// and in dead letters of older releases.
    /// </summary>
    public string? SourceTopicId { get; init; }

    /// <summary>
    /// Where a record of the payment stands that had the id before; null where that is not the
    /// reason.
    /// </summary>
    public DecisionSource? ConflictsWith { get; init; }

    /// <summary>False where the record is decided all the same.</summary>
    public bool IsRefusal => Reason != ConflictingId;

    /// <summary>The refused record's own timestamp, ms since the Unix epoch.</summary>
    public required long LogTimestampMs { get; init; }

    /// <summary>ms since the Unix epoch.</summary>
    public required long RejectedAtMs { get; init; }

    /// <summary>How long the refused record is.</summary>
    public required long ValueBytes { get; init; }

    /// <summary>True where card numbers in the copy are masked.</summary>
    public required bool IsRedacted { get; init; }

    /// <summary>True where the copy ends before the record does.</summary>
    public required bool IsCut { get; init; }

    /// <summary>The copy: a JSON object of the contract's fields that could be parsed.</summary>
    public string? Value { get; init; }

    /// <summary>The copy of a record that is no text, as earlier releases wrote it.</summary>
    public ReadOnlyMemory<byte>? ValueBinary { get; init; }

    /// <summary>What of the record is not copied, in words; null where all is.</summary>
    public string? Withheld { get; init; }

    /// <summary>
    /// How many bytes of the record are not copied; null where all are, and in letters of earlier
    /// releases.
    /// </summary>
    public long? WithheldBytes { get; init; }

    /// <summary>At which byte of the record that begins.</summary>
    public long? WithheldFrom { get; init; }

    /// <summary>
    /// Keyed hash of it: the same for the same bytes, within one run of a process.
    /// </summary>
    public string? WithheldHash { get; init; }
}
