namespace StreamScoring.Drift;

/// <summary>
/// An input as it is now beside what it was in training. What is null is not known.
/// </summary>
/// <param name="Weight">How much the model leans on it.</param>
/// <param name="Psi">Over the window.</param>
/// <param name="Missing">Share of the newest rows that have no value.</param>
/// <param name="MissingInTraining">The same in training.</param>
/// <param name="OutOfRange">Share of the newest rows whose value is beyond the smallest or the
/// largest one of training.</param>
public sealed record InputDrift(string Input, double? Weight, StabilityIndex? Psi, double? Missing, double? MissingInTraining, double? OutOfRange);
