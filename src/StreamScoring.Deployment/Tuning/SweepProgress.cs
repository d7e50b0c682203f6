namespace StreamScoring.Deployment.Tuning;

/// <summary>Where a sweep is.</summary>
/// <param name="Text">What is tried: <c>emit.linger 1ms -> 5ms, round 2 of 5</c>.</param>
/// <param name="TrialsDone">Trials that are over.</param>
/// <param name="TrialsLeftMax">Trials that it may still take; fewer where a knob needs no further
/// step.</param>
public sealed record SweepProgress(string Text, int TrialsDone, int TrialsLeftMax);
