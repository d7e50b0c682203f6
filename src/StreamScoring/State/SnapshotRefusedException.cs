namespace StreamScoring.State;

/// <summary>
/// A snapshot cannot be used: it is torn, damaged, of another format or of another feature file.
/// The one before it may be.
/// </summary>
public sealed class SnapshotRefusedException(string name, string reason, Exception? innerException = null)
    : Exception($"snapshot {name} is refused: {reason}", innerException);
