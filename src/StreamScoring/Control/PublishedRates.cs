namespace StreamScoring.Control;

/// <summary>Rates that the control log put in force.</summary>
/// <param name="AtMs">The record's timestamp, ms since the Unix epoch.</param>
public sealed record PublishedRates(long AtMs, string Text);
