namespace StreamScoring.Client;

/// <summary>
/// Payments or labels could not be published: the brokers refused them, or acknowledged nothing in
/// time.
/// </summary>
public sealed class PublishFailedException(string message) : Exception(message);
