using System.Security.Cryptography;
using System.Text;
using StreamScoring.Rules;

namespace StreamScoring.Configuration;

/// <summary>Reads files of rules (docs/rules.md).</summary>
public static class RuleFiles
{
    /// <exception cref="InvalidInputFileException">The file is wrong; the message has each mistake
    /// with file, line, column, the line and a caret below it.</exception>
    public static RuleFile Load(string path, RuleWorld world) => Parse(path, Utf8File.ReadAllText(path), world);

    /// <inheritdoc cref="Load"/>
    /// <param name="name">The file's name, for messages.</param>
    public static RuleFile Parse(string name, string text, RuleWorld world)
    {
        var (rules, uses) = new RuleFileReader(name, text, world).Read();
        return new RuleFile("sha256:" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text))), rules, uses);
    }
}
