namespace StreamScoring.Emit;

/// <summary>
/// Several records were sent in one piece that the topic does not take; in smaller pieces it may.
/// </summary>
public sealed class BatchTooLargeException(string message) : DeliveryFailedException(message);
