namespace StreamScoring.Scoring;

/// <summary>What a model's raw output is.</summary>
public enum OutputKind : byte
{
    /// <summary>A probability in [0, 1].</summary>
    Probability,

    /// <summary>Log-odds: the logistic function makes it a probability.</summary>
    Logit,

    /// <summary>
    /// Any other number (a regressor, an anomaly score): only a calibration makes it a probability.
    /// </summary>
    Score,
}
