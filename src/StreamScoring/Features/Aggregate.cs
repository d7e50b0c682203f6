namespace StreamScoring.Features;

/// <summary>
/// What a windowed feature computes. The names in feature files are these in snake_case.
/// </summary>
public enum Aggregate : byte
{
    Count,
    Sum,
    Mean,
    Min,
    Max,
    StddevPopulation,
    StddevSample,
    Distinct,
    Last,
    Previous,
    SecondsSinceLast,
    Zscore,
    DecayedCount,
    DecayedSum,
    Risk,

    /// <summary>How many of the newest known payments are frauds, up to one that is not.</summary>
    FraudRun,

    /// <summary>Since the first of these.</summary>
    SecondsSinceFraudRun,
}
