namespace StreamScoring.Scoring;

/// <summary>
/// A model could not score some rows. Which of them spoiled the call, if it was one, it does not
/// say.
/// </summary>
/// <param name="file">The model's file.</param>
/// <param name="reason">What the engine said, on one line.</param>
public sealed class ModelFailedException(string file, ModelFailureKind kind, string reason, Exception? innerException = null)
    : Exception($"{file}: {reason}", innerException)
{
    public ModelFailureKind Kind { get; } = kind;

    /// <summary>Without the file.</summary>
    public string Reason { get; } = reason;
}
