namespace StreamScoring.Control;

/// <summary>A part of the policy that the control log put in force.</summary>
/// <param name="Kind">See <see cref="Contracts.ControlPart.Kind"/>.</param>
/// <param name="Hash"><c>sha256:</c> and the hash of the text.</param>
/// <param name="By">Who published it.</param>
/// <param name="AtMs">The record's timestamp, ms since the Unix epoch.</param>
/// <param name="Offset">Of its record in the control log.</param>
public sealed record PartInForce(string Kind, string Hash, string Text, string By, string Why, long AtMs, long Offset);
