using StreamScoring.Configuration;

namespace StreamScoring.Onnx;

/// <summary>
/// Makes the error for a model that cannot be served: which file, what is wrong, what to do.
/// </summary>
internal static class ModelRefused
{
    public static InvalidInputFileException Because(string path, string reason, Exception? innerException = null) =>
        innerException is null ? new InvalidInputFileException($"{path}: {reason}") : new InvalidInputFileException($"{path}: {reason}", innerException);

    /// <summary>What an engine says in several.</summary>
    public static string FirstLine(string text) => text.Split('\n', 2)[0].Trim();
}
