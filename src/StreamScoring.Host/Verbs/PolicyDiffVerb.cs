using System.CommandLine;
using DiffPlex.DiffBuilder;
using DiffPlex.DiffBuilder.Model;
using StreamScoring.Configuration;
using StreamScoring.Contracts;
using StreamScoring.Control;
using StreamScoring.Deployment;

namespace StreamScoring.Host.Verbs;

/// <summary>How two policies differ, line by line.</summary>
internal static class PolicyDiffVerb
{
    private const int Context = 2;

    public static Command Build()
    {
        var (topology, set) = (CommonOptions.Topology(), CommonOptions.Set());
        var from = PolicyVerb.At("--from", "What was in force then (default: before the last change)");
        var to = PolicyVerb.At("--to", "What was in force then (default: now)");
        var rules = new Option<string?>("--rules") { Description = "Compares the rules in force with this file", HelpName = "FILE" };
        var verb = new Command("diff",
            """
            Shows how rules, rates and settings differ between two times, or from a file that is to be published.

            Example:
              scoring policy diff --topology topology/handbook/topology.yaml
              scoring policy diff --topology topology/handbook/topology.yaml --rules rules.txt
            """) { topology, set, from, to, rules };
        verb.Runs((parsed, cancel) =>
        {
            var file = TopologyFile.Load(parsed.GetRequiredValue(topology), parsed.GetValue(set) ?? []);
            var history = PolicyLogs.HistoryOf(file, cancel);
            if (parsed.GetValue(rules) is { } path)
            {
                var text = history.InForce.TextOf(ControlPart.Rules) ?? (file.RuleFile is { } own ? Utf8File.ReadAllText(own) : "");
                Tell("rules in force", text, path, Utf8File.ReadAllText(path));
                return Task.FromResult(VerbRunner.Done);
            }

            var after = PolicyVerb.StateAt(history, "--to", parsed.GetValue(to));
            var before = parsed.GetValue(from) is { } time ? PolicyVerb.StateAt(history, "--from", time) : BeforeLast(history, after);
            foreach (var kind in before.Parts.Keys.Union(after.Parts.Keys).Order(StringComparer.Ordinal).Where(kind => before.HashOf(kind) != after.HashOf(kind)))
            {
                Tell($"{kind} {PolicyVerb.Short(before.HashOf(kind))}", before.TextOf(kind) ?? "", $"{kind} {PolicyVerb.Short(after.HashOf(kind))}", after.TextOf(kind) ?? "");
            }

            return Task.FromResult(VerbRunner.Done);
        });
        return verb;
    }

    private static ControlState BeforeLast(ControlHistory history, ControlState after) =>
        history.Entries.LastOrDefault(entry => entry.Refusal is null && entry.InForce == after)?.Before ?? ControlState.Empty;

    private static void Tell(string oldName, string oldText, string newName, string newText)
    {
        var lines = InlineDiffBuilder.Diff(oldText, newText, ignoreWhiteSpace: false).Lines;
        if (lines.TrueForAll(line => line.Type == ChangeType.Unchanged))
        {
            Console.Error.WriteLine($"{oldName} and {newName} are the same");
            return;
        }

        Console.WriteLine($"--- {oldName}");
        Console.WriteLine($"+++ {newName}");
        for (var i = 0; i < lines.Count; i++)
        {
            if (Enumerable.Range(i - Context, (2 * Context) + 1).Any(near => near >= 0 && near < lines.Count && lines[near].Type != ChangeType.Unchanged))
            {
                var mark = lines[i].Type switch { ChangeType.Inserted => '+', ChangeType.Deleted => '-', _ => ' ' };
                Console.WriteLine(TerminalText.Escape($"{mark}{lines[i].Text}"));
            }
        }
    }
}
