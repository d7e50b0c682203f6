namespace StreamScoring.Drift;

/// <summary>How far what a model gets is from what it was trained on.</summary>
/// <param name="Model">As metrics name it.</param>
/// <param name="WindowFilled">How much of the window has passed since the model is watched: 0 to
/// 1.</param>
/// <param name="Rows">Sampled in the window.</param>
/// <param name="WeightedPsi">The mean of its inputs', by weight; null where there are too few
/// rows.</param>
/// <param name="Probability">Of what the model gives; null where it is not watched, or there are
/// too few rows.</param>
/// <param name="Inputs">Those that are watched.</param>
/// <param name="Unwatched">Those that are not: texts, inputs whose histogram the model's card does
/// not have, and those beyond <see cref="WatchedModel.InputsMax"/>.</param>
public sealed record ModelDrift(
    string Model, double WindowFilled, long Rows, double? WeightedPsi, StabilityIndex? Probability, IReadOnlyList<InputDrift> Inputs, IReadOnlyList<string> Unwatched);
