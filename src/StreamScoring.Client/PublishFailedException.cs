namespace StreamScoring.Client;

/// <summary>A payment or label could not be published.</summary>
public sealed class PublishFailedException(string message) : Exception(message);
