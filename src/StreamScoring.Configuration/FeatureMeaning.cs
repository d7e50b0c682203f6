using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using StreamScoring.Expressions;
using StreamScoring.Features;

namespace StreamScoring.Configuration;

/// <summary>
/// What a feature file says, whatever it looks like: comments, spaces, quotes, the order of an
/// entry's keys, defaults that are written out, descriptions and units of time do not matter. Files
/// of one meaning compute the same values from the same state.
/// </summary>
internal sealed class FeatureMeaning
{
    private readonly StringBuilder _lines = new("features 1\n");

    /// <summary><c>sha256:</c> and the hash of it.</summary>
    public string Hash => "sha256:" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(_lines.ToString())));

    public void AddSettings(long latenessMs, int exactEvents) =>
        _lines.Append(CultureInfo.InvariantCulture, $"lateness {latenessMs}\nexact_events {exactEvents}\n");

    /// <param name="text">That parses.</param>
    public void AddExpression(string name, string text) => _lines.Append(CultureInfo.InvariantCulture, $"{name}: {Of(text)}\n");

    /// <param name="of">As the file has it.</param>
    /// <param name="where">As <see cref="Of"/> has it; empty for none.</param>
    public void AddAggregate(FeatureDefinition feature, IReadOnlyList<string> keys, string? of, string where)
    {
        var (window, halfLife) = (feature.Window, feature.HalfLifeMs);
        _lines.Append(CultureInfo.InvariantCulture, $"{feature.Name}: {feature.Aggregate} entity {string.Join('+', keys)}");
        _lines.Append(CultureInfo.InvariantCulture, $" of {of} window {(window.IsEver ? "ever" : $"{window.SizeMs} last {window.LastCount}")} delay {window.DelayMs} half_life {halfLife}");
        _lines.Append(CultureInfo.InvariantCulture, $" exclude_current {feature.ExcludesCurrent} where {where}\n");
    }

    /// <summary>An expression as all that parse alike are written.</summary>
    private static string Of(string text) => SyntaxPrinter.Print(ExpressionParser.Parse(text));
}
