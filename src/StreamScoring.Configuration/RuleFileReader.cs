using System.Text.RegularExpressions;
using StreamScoring.Expressions;
using StreamScoring.Rules;

namespace StreamScoring.Configuration;

/// <summary>Reads and checks a file of rules, line by line, and tells all that is wrong.</summary>
internal sealed partial class RuleFileReader(string name, string text, RuleWorld world)
{
    public const int RulesMax = 4096;

    /// <summary>Each is a column of every batch.</summary>
    public const int AttributesMax = 256;

    /// <summary>As many mistakes are told of a file.</summary>
    private const int ProblemsMax = 20;

    private const string Form = "[shadow] ACTION NAME when CONDITION [until DATE]";

    private static readonly string[] Actions = [.. Enum.GetValues<RuleAction>().Select(Rule.NameOf)];

    private readonly string[] _lines = text.ReplaceLineEndings("\n").Split('\n');
    private readonly List<Rule> _rules = [];
    private readonly Dictionary<string, int> _lineOf = new(StringComparer.Ordinal);
    private readonly RuleScope _scope = new(world);
    private readonly List<string[]> _problems = [];
    private int _line;

    /// <exception cref="InvalidInputFileException">The file is wrong; the message has each mistake
    /// with file, line, column, the line and a caret below it.</exception>
    public (IReadOnlyList<Rule> Rules, RuleUses Uses) Read()
    {
        for (_line = 0; _line < _lines.Length; _line++)
        {
            try
            {
                ReadLine(_lines[_line]);
            }
            catch (ExpressionException e)
            {
                Tell(e);
            }
        }

        if (string.IsNullOrWhiteSpace(text))
        {
            // More likely a file that is being written than one of somebody who wants no rules.
            throw new InvalidInputFileException($"{name}: is empty; where there are no rules, say so in a comment");
        }

        if (_problems.Count == 0 && _scope.Settle().Attributes.Count is > AttributesMax and var count)
        {
            throw new InvalidInputFileException($"{name}: rules and features look at {count} attributes; at most {AttributesMax} are allowed");
        }

        return _problems.Count == 0 ? (_rules, _scope.Settle())
            : throw new InvalidInputFileException([.. _problems.Take(ProblemsMax).SelectMany(problem => problem),
                .. _problems.Count > ProblemsMax ? [$"{name}: and {_problems.Count - ProblemsMax} more"] : (string[])[]]);
    }

    private void Tell(ExpressionException problem)
    {
        var line = _lines[_line];
        var column = Math.Min(problem.Offset, line.Length);
        // A tab is shown as one blank, so that the caret stands below its character.
        var shown = line.TrimEnd().Replace('\t', ' ');
        _problems.Add([$"{name}:{_line + 1}:{column + 1}: {problem.Message}", $"  {shown}", $"  {new string(' ', column)}^"]);
    }

    private void ReadLine(string whole)
    {
        if (whole.Any(c => char.IsControl(c) && c != '\t'))
        {
            throw new ExpressionException(whole.TakeWhile(c => !char.IsControl(c) || c == '\t').Count(), "is a control character");
        }

        var line = WithoutComment(whole);
        if (line.Length == 0)
        {
            return;
        }

        if (!char.IsWhiteSpace(line[0]))
        {
            ReadRule(line);
        }
        else if (Words(line) is [{ Value: "example" } example, ..])
        {
            ReadExample(line, example.Index + example.Length);
        }
        else
        {
            var start = line.Length - line.TrimStart().Length;
            throw new ExpressionException(start, "is indented, as examples are; a rule begins at the start of a line and is one line");
        }
    }

    private void ReadRule(string line)
    {
        var words = Words(line);
        var at = words[0].Value == "shadow" ? 1 : 0;
        if (at >= words.Count || Array.IndexOf(Actions, words[at].Value) is not (>= 0 and var action))
        {
            var word = at < words.Count ? words[at] : words[0];
            throw new ExpressionException(word.Index, Nearest.To(word.Value, [.. Actions, "shadow"]) is { } near && near != word.Value
                ? $"there is no action {word.Value}; did you mean {near}?"
                : $"is no action; a rule is {Form}, and an action is one of {string.Join(", ", Actions)}");
        }

        if (words.Count <= at + 2 || words[at + 2].Value != "when")
        {
            var wrong = words.Count > at + 2 ? words[at + 2].Index : line.Length;
            throw new ExpressionException(wrong, $"expected when; a rule is {Form}");
        }

        var title = words[at + 1];
        RequireName(title);
        var start = words[at + 2].Index + "when".Length;
        var (syntax, end) = ExpressionParser.ParseFrom(line, start);
        var untilMs = ReadUntil(line, end);
        var binder = new ExpressionBinder(_scope);
        binder.BindCondition(syntax);
        if (_rules.Count == RulesMax)
        {
            throw new ExpressionException(0, $"is rule number {RulesMax + 1}; at most {RulesMax} are allowed");
        }

        _rules.Add(new Rule(title.Value, (RuleAction)action, at == 1, untilMs, _line + 1) { Syntax = syntax });
    }

    private void RequireName(Match title)
    {
        if (!RuleName().IsMatch(title.Value))
        {
            throw new ExpressionException(title.Index, $"{title.Value} is no name; use letters, digits, underscores and dashes, and begin with a letter");
        }

        if (!_lineOf.TryAdd(title.Value, _line + 1))
        {
            throw new ExpressionException(title.Index, $"line {_lineOf[title.Value]} has a rule of that name; names must differ");
        }
    }

    /// <returns>ms since the Unix epoch.</returns>
    private static long ReadUntil(string line, int at)
    {
        if (at == line.Length)
        {
            return long.MaxValue;
        }

        var words = Words(line[at..]);
        if (words[0].Value != "until")
        {
            throw new ExpressionException(at, $"not understood from here: {line[at..]}");
        }

        if (words.Count != 2 || !UntilTime.TryParse(words[1].Value, out var untilMs))
        {
            var wrong = words.Count > 1 ? words[1].Index : words[0].Length;
            throw new ExpressionException(at + wrong, $"expected one date behind until: {UntilTime.Forms}");
        }

        return untilMs;
    }

    private void ReadExample(string line, int start)
    {
        var words = Words(line[start..]);
        if (words.Count < 2 || words[0].Value is not ("fires" or "silent"))
        {
            throw new ExpressionException(start, "expected example fires NAME = VALUE, … or example silent NAME = VALUE, …");
        }

        if (_rules.Count == 0)
        {
            throw new ExpressionException(start, "has no rule above it that it is an example of");
        }

        start += words[0].Index;
        var example = new RuleExampleReader(line, start + words[0].Length, _scope).Read(words[0].Value == "fires");
        var rule = _rules[^1];
        var given = Try(example, rule, start);
        if (given == 1 != example.Fires)
        {
            throw new ExpressionException(start, example.Fires
                ? $"{rule.Name} does not fire for this example{(double.IsNaN(given) ? ": its condition is missing" : "")}"
                : $"{rule.Name} fires for this example, and should be silent");
        }

        _rules[^1] = rule with { Examples = rule.Examples + 1 };
    }

    private double Try(RuleExample example, Rule rule, int start)
    {
        try
        {
            return example.Try(rule.Syntax, _scope);
        }
        catch (Exception e) when (e is ExpressionException or FormatException)
        {
            // It is of the rule's line; what is wrong is the example's value.
            throw new ExpressionException(start, $"does not go with {rule.Name}: {e.Message}");
        }
    }

    /// <summary>The line up to a <c>#</c> that stands in no text, without blanks at its end.
    /// </summary>
    private static string WithoutComment(string line)
    {
        var quote = '\0';
        for (var at = 0; at < line.Length; at++)
        {
            var c = line[at];
            if (quote != '\0')
            {
                at += c == '\\' ? 1 : 0;
                quote = c == quote ? '\0' : quote;
            }
            else if (c is '\'' or '"')
            {
                quote = c;
            }
            else if (c == '#')
            {
                return line[..at].TrimEnd();
            }
        }

        return line.TrimEnd();
    }

    private static MatchCollection Words(string line) => Word().Matches(line);

    [GeneratedRegex(@"\S+")]
    private static partial Regex Word();

    [GeneratedRegex("^[A-Za-z][A-Za-z0-9_-]{0,63}$")]
    private static partial Regex RuleName();
}
