using System.Security.Cryptography;
using System.Text;

namespace StreamScoring.Contracts;

/// <summary>One part of the policy as a change publishes it: the whole part, not what differs.
/// </summary>
/// <param name="Kind">Which part: <see cref="ControlPart.Rules"/>, <see cref="ControlPart.Rates"/>,
/// <see cref="ControlPart.Settings"/> or <see cref="ControlPart.Models"/>; a later release may know
/// more.</param>
/// <param name="Expects">Hash of the part that it replaces; null where none was published before.
/// </param>
/// <param name="Hash"><c>sha256:</c> and the hash of <paramref name="Text"/>.</param>
public sealed record ControlPart(string Kind, string? Expects, string Hash, string Text)
{
    public const string Rules = "rules", Rates = "rates", Settings = "settings", Models = "models";

    /// <summary>The part of a text.</summary>
    public static ControlPart Of(string kind, string text, string? expects) => new(kind, expects, HashOf(text), text);

    /// <summary><c>sha256:</c> and 64 hexadecimal digits.</summary>
    public static string HashOf(string text) => "sha256:" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
