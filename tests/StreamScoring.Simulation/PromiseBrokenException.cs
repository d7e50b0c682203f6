namespace StreamScoring.Simulation;

/// <summary>What the pipeline wrote does not keep a promise.</summary>
internal sealed class PromiseBrokenException(string message) : Exception(message);
