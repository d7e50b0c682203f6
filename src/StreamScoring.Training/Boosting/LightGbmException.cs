namespace StreamScoring.Training.Boosting;

/// <summary>LightGBM refused, in its own words.</summary>
public sealed class LightGbmException(string reason) : Exception($"LightGBM: {reason}");
