namespace StreamScoring.Deployment.Registry;

/// <summary>
/// Somebody else changes the registry at this moment. Nothing is wrong with what was asked for.
/// </summary>
public sealed class RegistryBusyException(string message, Exception innerException) : Exception(message, innerException);
