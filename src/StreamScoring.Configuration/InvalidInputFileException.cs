namespace StreamScoring.Configuration;

/// <summary>
/// A file that a person wrote or passed is wrong. The message names file, line, key, value, what is
/// allowed and what to do.
/// </summary>
public sealed class InvalidInputFileException : Exception
{
    public InvalidInputFileException(string message)
        : base(message) => Lines = [message];

    /// <param name="lines">Several mistakes, or one with the line that it stands in: what is shown
    /// as lines of their own.</param>
    public InvalidInputFileException(IReadOnlyList<string> lines)
        : base(string.Join('\n', lines)) => Lines = lines;

    public InvalidInputFileException(string message, Exception innerException)
        : base(message, innerException) => Lines = [message];

    /// <summary>The message, line by line.</summary>
    public IReadOnlyList<string> Lines { get; }
}
