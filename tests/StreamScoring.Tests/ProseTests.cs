using System.Text.RegularExpressions;
using StreamScoring.TestSupport;

namespace StreamScoring.Tests;

/// <summary>
/// What people read is 100 columns wide at most: pages outside tables and code, and comments.
/// </summary>
public sealed partial class ProseTests
{
    private const int ColumnsMax = 100;

    [Fact]
    public void No_line_of_a_page_is_too_long() => RequireNone(FilesOf("*.md").SelectMany(TooLongInPage));

    [Fact]
    public void No_comment_is_too_long() => RequireNone(
        FilesOf("*.cs").SelectMany(file => LinesOf(file).Where(line => line.Text.Length > ColumnsMax && Comment().IsMatch(line.Text)).Select(line => $"{line.Place}: {line.Text.Trim()}")));

    [GeneratedRegex(@"^\s*///?\s")]
    private static partial Regex Comment();

    private static void RequireNone(IEnumerable<string> tooLong)
    {
        var lines = string.Join('\n', tooLong);
        Assert.True(lines.Length == 0, $"more than {ColumnsMax} columns:\n{lines}");
    }

    private static List<string> TooLongInPage(string file)
    {
        var (found, isCode) = (new List<string>(), false);
        foreach (var (place, text) in LinesOf(file))
        {
            if (text.TrimStart().StartsWith("```", StringComparison.Ordinal))
            {
                isCode = !isCode;
            }
            else if (!isCode && text.Length > ColumnsMax && !text.TrimStart().StartsWith('|') && !text.StartsWith("    ", StringComparison.Ordinal))
            {
                found.Add($"{place}: {text}");
            }
        }

        return found;
    }

    private static IEnumerable<(string Place, string Text)> LinesOf(string file) =>
        File.ReadLines(file).Select((text, i) => ($"{Path.GetRelativePath(SharedFolder.RepositoryRoot, file)}:{i + 1}", text));

    private static IEnumerable<string> FilesOf(string pattern) => Directory.EnumerateFiles(SharedFolder.RepositoryRoot, pattern, new EnumerationOptions { RecurseSubdirectories = true })
        .Where(file => !Path.GetRelativePath(SharedFolder.RepositoryRoot, file).Split(Path.DirectorySeparatorChar).Any(part => part is "bin" or "obj" || part.StartsWith('.')));
}
