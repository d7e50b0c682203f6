namespace StreamScoring.Files;

/// <summary>What a columns file makes of one row.</summary>
/// <param name="Place">File and row.</param>
/// <param name="LeftOutBy">The field by whose rule the row is no payment; null where it is
/// one.</param>
/// <param name="Fields">In the order of the columns file.</param>
public sealed record CheckedRow(string Place, string? LeftOutBy, IReadOnlyList<CheckedField> Fields);
