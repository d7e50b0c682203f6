using StreamScoring.Mapping;

namespace StreamScoring.Files;

/// <summary>The column that says whether a payment was fraud.</summary>
/// <param name="Column">Its name.</param>
/// <param name="Fraud">What says so; null: the usual words.</param>
/// <param name="Genuine">What says that it was not; null: everything else.</param>
public sealed record LabelMapping(string Column, WordTable? Fraud, WordTable? Genuine);
