namespace StreamScoring.Emit;

/// <summary>
/// A record is larger than its topic takes, by itself. Until somebody changes that, it can neither
/// be written nor stepped over. The message says which and what to do.
/// </summary>
public sealed class RecordTooLargeException(string message) : DeliveryFailedException(message);
