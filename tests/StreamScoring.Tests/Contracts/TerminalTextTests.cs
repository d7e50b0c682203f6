using System.Text;
using CsCheck;
using StreamScoring.Contracts;

namespace StreamScoring.Tests.Contracts;

public sealed class TerminalTextTests
{
    [Theory]
    [InlineData("plain p-1 é 漢 😀", "plain p-1 é 漢 😀")]
    [InlineData("evil\u001b[2J\n2026  allow", "evil\\u001b[2J\\u000a2026  allow")]
    [InlineData("\u009b31m\u007f\u2028\u2029", "\\u009b31m\\u007f\\u2028\\u2029")]
    [InlineData("a\u202eb\u2066c\u200fd\u200be", "a\\u202eb\\u2066c\\u200fd\\u200be")]
    [InlineData("", "")]
    public void What_a_terminal_obeys_is_escaped_and_nothing_else(string text, string escaped) => Assert.Equal(escaped, TerminalText.Escape(text));

    [Fact]
    public void Half_a_character_is_escaped()
    {
        Assert.Equal("\\ud83d", TerminalText.Escape("\ud83d"));
        Assert.Equal("x\\ude00", TerminalText.Escape("x\ude00"));
    }

    [Fact]
    public void No_text_leaves_its_line() =>
        Gen.String.Sample(text => !TerminalText.Escape(text).EnumerateRunes().Any(rune => Rune.IsControl(rune) || rune.Value is 0x2028 or 0x2029 or (>= 0x202a and <= 0x202e) or (>= 0x2066 and <= 0x2069)));
}
