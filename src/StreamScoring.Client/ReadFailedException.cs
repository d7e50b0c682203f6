namespace StreamScoring.Client;

/// <summary>
/// A topic cannot be read, or a position not be committed: a topic is missing, access is denied, or
/// the brokers do not answer.
/// </summary>
public sealed class ReadFailedException(string message, Exception? inner = null) : Exception(message, inner);
