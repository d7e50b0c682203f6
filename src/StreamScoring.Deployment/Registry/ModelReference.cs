using StreamScoring.Configuration;

namespace StreamScoring.Deployment.Registry;

/// <summary>A version of a model by name, as <c>NAME@sha256:…</c>.</summary>
/// <param name="Version"><c>sha256:</c> and 64 digits.</param>
public readonly record struct ModelReference(string Name, string Version)
{
    public const string NameForm = "letters, digits, dots, dashes and underscores, 64 at most, the first a letter or a digit";

    private const string Prefix = "sha256:";
    private const int Digits = 64;

    public static bool IsName(string text) => text is { Length: > 0 and <= 64 } && char.IsAsciiLetterOrDigit(text[0]) && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_');

    public static bool IsVersion(string text) => text.StartsWith(Prefix, StringComparison.Ordinal) && text.Length == Prefix.Length + Digits && text[Prefix.Length..].All(char.IsAsciiHexDigitLower);

    /// <summary>Whether a text is <c>NAME@ALIAS</c>, and no version.</summary>
    public static bool IsAliasOf(string text, string name)
    {
        ArgumentNullException.ThrowIfNull(text);
        return text.StartsWith(name + "@", StringComparison.Ordinal) && IsName(text[(name.Length + 1)..]);
    }

    /// <param name="place">Where it stands, for the message.</param>
    /// <exception cref="InvalidInputFileException">It is none.</exception>
    public static ModelReference Parse(string text, string place)
    {
        var at = text.IndexOf('@', StringComparison.Ordinal);
        return at > 0 && IsName(text[..at]) && IsVersion(text[(at + 1)..]) ? new ModelReference(text[..at], text[(at + 1)..])
            : throw new InvalidInputFileException($"{place}: {text} is no version of a model; write NAME@sha256: and 64 digits, as scoring models list shows it");
    }

    /// <summary>The version without what all versions begin with: the name of its folder.</summary>
    public string Hex => Version[Prefix.Length..];

    public override string ToString() => $"{Name}@{Version}";
}
