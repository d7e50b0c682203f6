namespace StreamScoring.Quality;

/// <summary>A decision or a label on its way to the join.</summary>
/// <param name="Log">Of the payment, or of the label.</param>
/// <param name="Outcome">Null for a label.</param>
/// <param name="KnownAtMs">Of a label.</param>
/// <param name="Probability">That the model gave; NaN for none.</param>
internal readonly record struct QualityMessage(LogMark Log, long Offset, ulong Key, long EventTimeMs, PaymentOutcome? Outcome, long KnownAtMs, bool IsFraud, float Probability, long WatermarkMs);
