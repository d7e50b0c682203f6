namespace StreamScoring.Files;

/// <summary>What a columns file makes of one field of one row. Card numbers are masked.</summary>
/// <param name="Field">Its name.</param>
/// <param name="Source">The column, several joined by a plus; empty where it is none.</param>
/// <param name="Written">What stands in the row; null where that is not shown.</param>
/// <param name="Value">What becomes of it; null where it is missing or wrong.</param>
/// <param name="Problem">What is wrong; null where nothing is.</param>
public sealed record CheckedField(string Field, string Source, string? Written, string? Value, string? Problem);
