using StreamScoring.Training.Boosting;

namespace StreamScoring.Training.Searching;

/// <summary>What came of a trial.</summary>
/// <param name="Trial">Its number, from 0.</param>
/// <param name="Trees">That gave the best average precision.</param>
/// <param name="AveragePrecision">On the validation rows.</param>
public sealed record SearchTrial(int Trial, BoostingParameters Parameters, int Trees, double AveragePrecision);
