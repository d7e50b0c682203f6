using StreamScoring.Contracts;

namespace StreamScoring.Client;

/// <summary>A decision as it was read.</summary>
/// <param name="Source">The payment's position, from the record's headers: the decision's
/// id.</param>
/// <param name="Record">What was decided, and on which grounds.</param>
/// <param name="Value">The record as it stands in the topic: JSON where it starts with a brace,
/// else the compact form.</param>
/// <param name="Partition">Of the decisions topic.</param>
/// <param name="Offset">In the decisions topic.</param>
public sealed record ReadDecision(DecisionSource Source, DecisionRecord Record, ReadOnlyMemory<byte> Value, int Partition, long Offset)
{
    /// <summary>
    /// The id of the topic that <see cref="Source"/> names: one that was deleted and made again has
    /// another. Empty where the decision does not say.
    /// </summary>
    public string SourceTopicId { get; init; } = "";

    /// <summary>
    /// The vector of its batch (<see cref="BatchVector"/>), by which it can be derived again. Empty
    /// where the batch's first decision was not read, as reading began behind it.
    /// </summary>
    public ReadOnlyMemory<byte> Vector { get; init; }

    /// <summary>
    /// The flag of a decision that repeats the one of an earlier publication of the same payment.
    /// </summary>
    public const string DuplicateFlag = "duplicate";

    /// <summary>The flag of a decision of a payment whose id was another payment's.</summary>
    public const string ConflictingIdFlag = "conflicting_id";

    /// <summary>
    /// True where the payment had been published before: this is its first decision again, and it
    /// changed no state.
    /// </summary>
    public bool IsDuplicate => Record.Flags.Contains(DuplicateFlag);

    /// <summary>
    /// True where a payment of other content (amount, currency, entity ids) had this id before.
    /// Both are decided, each by itself; who keeps decisions by payment id must keep them by
    /// <see cref="Source"/> here.
    /// </summary>
    public bool IsConflicting => Record.Flags.Contains(ConflictingIdFlag);

    /// <summary>Whether <see cref="Value"/> is JSON.</summary>
    public bool IsJson => Value.Span is [(byte)'{', ..];
}
