using StreamScoring.Configuration;
using StreamScoring.Contracts;

namespace StreamScoring.Host;

/// <summary>What whoever publishes says of a change.</summary>
internal static class ChangeText
{
    private const int LengthMax = 500;

    /// <summary>It stands in logs and in the history.</summary>
    /// <param name="option">That it was given by.</param>
    /// <exception cref="InvalidInputFileException">It is no line of text, or holds a card
    /// number.</exception>
    public static string Require(string option, string text) =>
        string.IsNullOrWhiteSpace(text) || text.Any(char.IsControl) || text.Length > LengthMax
            ? throw new InvalidInputFileException($"{option} is one line of text, {LengthMax} characters at most: it is what the history says of the change")
        : CardNumber.Mask(text) != text ? throw new InvalidInputFileException($"{option} holds a card number, and stands in logs; leave it out")
        : text.Trim();
}
