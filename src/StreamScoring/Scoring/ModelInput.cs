namespace StreamScoring.Scoring;

/// <summary>One input of a model, named as in the feature file.</summary>
/// <param name="IsText">True where the model takes a string.</param>
public readonly record struct ModelInput(string Name, bool IsText);
