using StreamScoring.Expressions;

namespace StreamScoring.Rules;

/// <summary>One rule of a file, parsed and checked.</summary>
/// <param name="IsShadow">Recorded and counted, and decides nothing.</param>
/// <param name="UntilMs">Payments with this log timestamp or a later one are not asked, ms since
/// the Unix epoch; <see cref="long.MaxValue"/>: all are.</param>
/// <param name="Line">Of the file, from 1.</param>
public sealed record Rule(string Name, RuleAction Action, bool IsShadow, long UntilMs, int Line)
{
    /// <summary>Examples of it in the file; all of them hold.</summary>
    public int Examples { get; internal init; }

    /// <summary>The action as files write it.</summary>
    public string ActionName => NameOf(Action);

    public static string NameOf(RuleAction action) => System.Text.Json.JsonNamingPolicy.SnakeCaseLower.ConvertName(action.ToString());

    internal Syntax Syntax { get; init; } = new NameSyntax(0, "false");
}
