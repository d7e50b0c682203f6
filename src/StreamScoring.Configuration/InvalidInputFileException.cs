namespace StreamScoring.Configuration;

/// <summary>
/// A file that a person wrote or passed is wrong. The message names file, line, key, value, what is
/// allowed and what to do.
/// </summary>
public sealed class InvalidInputFileException : Exception
{
    public InvalidInputFileException(string message)
        : base(message)
    {
    }

    public InvalidInputFileException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
