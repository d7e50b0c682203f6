namespace StreamScoring.Onnx.Trees;

/// <summary>
/// The tree kernel does not evaluate this model: the message says what it lacks. ONNX Runtime
/// serves it instead.
/// </summary>
internal sealed class TreesNotCoveredException(string reason) : Exception(reason);
