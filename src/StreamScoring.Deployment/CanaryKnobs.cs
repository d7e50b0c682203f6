using StreamScoring.Contracts;

namespace StreamScoring.Deployment;

/// <summary>The model that decides for a share of an entity's keys.</summary>
/// <param name="Folder">Of the model.</param>
/// <param name="Percent">Of the keys, 0 to 100.</param>
/// <param name="By">The id whose keys are shared out.</param>
public sealed record CanaryKnobs(string Folder, double Percent, TextField By);
