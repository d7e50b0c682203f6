namespace StreamScoring.Decisions;

/// <summary>The integer risk score that people and rules see.</summary>
public static class RiskScore
{
    public const byte Max = 99;

    /// <summary>Hundredths of the probability, rounded down; 99 for certainty.</summary>
    /// <param name="probability">In [0, 1]. NaN, a payment that no model scored, gives 0.</param>
    public static byte FromProbability(double probability) =>
        double.IsNaN(probability) ? (byte)0 : (byte)Math.Min(Max, Math.Floor(probability * 100));
}
