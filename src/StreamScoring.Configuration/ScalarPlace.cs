using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace StreamScoring.Configuration;

/// <summary>
/// Finds where a character of a scalar's value stands in its file, whichever way the scalar is
/// written.
/// </summary>
internal static class ScalarPlace
{
    /// <remarks>
    /// YAML changes nothing of a scalar but its white space and its escapes. So the n-th character
    /// that is not blank in the value is the n-th such character in the file, counted from where
    /// the scalar begins.
    /// </remarks>
    /// <param name="text">The file.</param>
    /// <param name="offset">Zero-based, in the scalar's value.</param>
    /// <returns>Line and column, from 1.</returns>
    public static (long Line, long Column) Of(string text, YamlScalarNode scalar, int offset)
    {
        var value = scalar.Value ?? "";
        if (value.Contains("${", StringComparison.Ordinal))
        {
            // The offset is one in the text with the variables filled in.
            return (scalar.Start.Line, scalar.Start.Column);
        }

        var position = Begin(text, scalar);
        for (var left = value.AsSpan(0, Math.Min(offset, value.Length)).ToString().Count(c => !char.IsWhiteSpace(c)); left > 0 && position < text.Length; left--)
        {
            position = Step(text, position, scalar.Style);
        }

        position = SkipBlanks(text, position);
        var lineStart = position == 0 ? 0 : text.LastIndexOf('\n', Math.Min(position, text.Length) - 1) + 1;
        return (text.AsSpan(0, lineStart).Count('\n') + 1, position - lineStart + 1);
    }

    private static int Begin(string text, YamlScalarNode scalar)
    {
        var start = (int)scalar.Start.Index;
        return SkipBlanks(text, scalar.Style switch
        {
            ScalarStyle.SingleQuoted or ScalarStyle.DoubleQuoted => start + 1,
            // The line of the indicator holds nothing of the value.
            ScalarStyle.Literal or ScalarStyle.Folded => text.IndexOf('\n', start) is >= 0 and var end ? end + 1 : text.Length,
            _ => start,
        });
    }

    /// <summary>Behind one character of the value and the white space that follows it.</summary>
    private static int Step(string text, int position, ScalarStyle style)
    {
        var isEscape = (style == ScalarStyle.DoubleQuoted && text[position] == '\\') || (style == ScalarStyle.SingleQuoted && text[position] == '\'');
        return SkipBlanks(text, position + (isEscape ? 2 : 1));
    }

    private static int SkipBlanks(string text, int position)
    {
        while (position < text.Length && char.IsWhiteSpace(text[position]))
        {
            position++;
        }

        return Math.Min(position, text.Length);
    }
}
