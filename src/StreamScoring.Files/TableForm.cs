namespace StreamScoring.Files;

/// <summary>How a text is cut into cells.</summary>
/// <param name="Delimiter">Between two cells.</param>
/// <param name="Quote">Around a cell.</param>
public sealed record TableForm(char Delimiter, char Quote)
{
    /// <summary>RFC 4180.</summary>
    public static TableForm Standard { get; } = new(',', '"');
}
