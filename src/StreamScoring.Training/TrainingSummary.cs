namespace StreamScoring.Training;

/// <summary>What a training used and what came of it.</summary>
/// <param name="Rows">That the kept model was fitted to: all that have a label.</param>
/// <param name="Unlabelled">Rows that were left out, because nobody knows whether the payment was
/// fraud.</param>
/// <param name="TextsLeftOut">Features that were left out, because they are texts.</param>
/// <param name="LargestDifference">To LightGBM, in probability.</param>
public sealed record TrainingSummary(int Rows, int Frauds, int Unlabelled, IReadOnlyList<string> TextsLeftOut, HeldOutMetrics HeldOut, double LargestDifference);
