namespace StreamScoring.Emit;

/// <summary>
/// A decision or dead letter was refused for good. Its log keeps no gap: the process gives up its
/// right to write behind it.
/// </summary>
public class DeliveryFailedException(string message, Exception? innerException = null) : Exception(message, innerException);
