using System.Text;
using System.Text.RegularExpressions;
using StreamScoring.Expressions;
using StreamScoring.Rules;

namespace StreamScoring.Configuration.Radar;

/// <summary>A file of Stripe Radar's rules in the language of rules.</summary>
/// <param name="Text">A file of rules; what could not be carried over stands in it as
/// comments.</param>
/// <param name="Carried">Rules that were carried over.</param>
/// <param name="Problems">What was not, with file, line and column.</param>
public sealed record RadarImport(string Text, int Carried, IReadOnlyList<string> Problems)
{
    private static readonly (string Words, string Action)[] Actions =
    [
        ("request 3d secure", "challenge"), ("request 3ds", "challenge"), ("request credentials", "challenge"), ("allow", "allow"), ("block", "block"), ("review", "review"),
    ];

    /// <param name="path">One rule a line: <c>ACTION if CONDITION</c>.</param>
    /// <param name="names">A file that says what attributes are called here; null: none.</param>
    /// <param name="world">What rules may name; null: names are not checked.</param>
    /// <exception cref="InvalidInputFileException">A file cannot be read, or the names are
    /// wrong.</exception>
    public static RadarImport Of(string path, string? names, RuleWorld? world)
    {
        var parser = new RadarParser(new RadarNames(names).Resolve);
        var (text, problems, counts) = (new StringBuilder(), new List<string>(), new Dictionary<string, int>(StringComparer.Ordinal));
        var lines = Utf8File.ReadAllText(path).ReplaceLineEndings("\n").Split('\n');
        for (var i = 0; i < lines.Length; i++)
        {
            var line = lines[i].TrimEnd();
            if (line.Length == 0 || line.TrimStart().StartsWith('#'))
            {
                text.Append(line).Append('\n');
                continue;
            }

            try
            {
                var (action, syntax) = Parse(line, parser);
                if (world is not null)
                {
                    new ExpressionBinder(new RuleScope(world)).BindCondition(syntax);
                }

                counts[action] = counts.GetValueOrDefault(action) + 1;
                text.Append("# ").Append(line.Trim()).Append('\n').Append(action).Append(' ').Append(action).Append('_').Append(counts[action]).Append(" when ").Append(SyntaxPrinter.Print(syntax)).Append('\n');
            }
            catch (ExpressionException e)
            {
                problems.Add($"{path}:{i + 1}:{Math.Min(e.Offset, line.Length) + 1}: {e.Message}");
                text.Append("# not carried over: ").Append(line.Trim()).Append("\n#   ").Append(e.Message).Append('\n');
            }
        }

        return new RadarImport(text.ToString().TrimEnd('\n') + "\n", counts.Values.Sum(), problems);
    }

    private static (string Action, Syntax Condition) Parse(string line, RadarParser parser)
    {
        foreach (var (words, action) in Actions)
        {
            var match = Regex.Match(line, $@"^\s*{words.Replace(" ", @"\s+", StringComparison.Ordinal)}\s+if\b", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant);
            if (match.Success)
            {
                return (action, parser.Parse(line, match.Length));
            }
        }

        throw new ExpressionException(0, "is no rule of Radar: Allow, Block, Review or Request 3D Secure, then if and a condition");
    }
}
