namespace StreamScoring.Training;

/// <summary>What a training used and what came of it.</summary>
/// <param name="Rows">That the kept model was fitted to.</param>
/// <param name="Unlabelled">Rows that were left out, because nobody knows whether the payment was
/// fraud.</param>
/// <param name="TextsLeftOut">Features that were left out, because they are texts.</param>
/// <param name="Model">What it is, in a few words.</param>
/// <param name="Trials">Of the search; null without one.</param>
/// <param name="LargestDifference">Between the written model and what fitted it, in
/// probability.</param>
public sealed record TrainingSummary(
    int Rows, int Frauds, int Unlabelled, IReadOnlyList<string> TextsLeftOut, string Model, int? Trials, HeldOutMetrics HeldOut, double LargestDifference);
