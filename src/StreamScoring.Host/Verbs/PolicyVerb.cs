using System.CommandLine;
using System.Text.Encodings.Web;
using System.Text.Json;
using StreamScoring.Configuration;
using StreamScoring.Contracts;
using StreamScoring.Control;
using StreamScoring.Deployment;

namespace StreamScoring.Host.Verbs;

/// <summary>What decides, in a deployment whose policy comes from logs.</summary>
internal static class PolicyVerb
{
    private static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static Command Build() => new("policy", "Shows and changes what decides, where the topology says policy: log (docs/policy.md).")
    {
        Show(),
        PolicyPublishVerb.Build(),
        History(),
        PolicyDiffVerb.Build(),
    };

    private static Command Show()
    {
        var (topology, set, at, json) = (CommonOptions.Topology(), CommonOptions.Set(), At("--at", "What was in force then (default: now)"), CommonOptions.Json());
        var verb = new Command("show",
            """
            Shows the parts of the policy that are in force: rules, rates, settings; who published each, when and why. What was never published is as the
            topology's files have it.

            Example:
              scoring policy show --topology topology/handbook/topology.yaml --at 2026-11-01T12:00:00Z
            """) { topology, set, at, json };
        verb.Runs((parsed, cancel) =>
        {
            var file = TopologyFile.Load(parsed.GetRequiredValue(topology), parsed.GetValue(set) ?? []);
            var control = StateAt(PolicyLogs.HistoryOf(file, cancel), "--at", parsed.GetValue(at));
            if (parsed.GetValue(json))
            {
                Console.WriteLine(JsonSerializer.Serialize(control.Parts.Values.ToDictionary(part => part.Kind, part => new
                {
                    hash = part.Hash,
                    at = PolicyLogs.TimeOf(part.AtMs),
                    by = part.By,
                    why = part.Why,
                    text = part.Text,
                }), Plain));
                return Task.FromResult(VerbRunner.Done);
            }

            if (control.Parts.Count == 0)
            {
                Console.Error.WriteLine("nothing is published: the policy is as the topology's files have it");
            }

            foreach (var part in control.Parts.Values)
            {
                Console.WriteLine(TerminalText.Escape($"# {part.Kind} {part.Hash}: {PolicyLogs.TimeOf(part.AtMs)}, {part.By}: {part.Why}"));
                foreach (var line in part.Text.Split('\n'))
                {
                    Console.WriteLine(TerminalText.Escape(line.TrimEnd('\r')));
                }
            }

            return Task.FromResult(VerbRunner.Done);
        });
        return verb;
    }

    private static Command History()
    {
        var (topology, set, json) = (CommonOptions.Topology(), CommonOptions.Set(), CommonOptions.Json());
        var all = new Option<bool>("--all") { Description = "Also changes that did not count, and why" };
        var verb = new Command("history",
            """
            Lists who changed what, when and why, oldest first; with --json one object a line.

            Example:
              scoring policy history --topology topology/handbook/topology.yaml
            """) { topology, set, all, json };
        verb.Runs((parsed, cancel) =>
        {
            var file = TopologyFile.Load(parsed.GetRequiredValue(topology), parsed.GetValue(set) ?? []);
            foreach (var entry in PolicyLogs.HistoryOf(file, cancel).Entries.Where(entry => entry.Refusal is null || parsed.GetValue(all)))
            {
                Tell(entry, parsed.GetValue(json));
            }

            return Task.FromResult(VerbRunner.Done);
        });
        return verb;
    }

    private static void Tell(ControlEntry entry, bool asJson)
    {
        if (entry.Change is not { } change)
        {
            Console.WriteLine(asJson
                ? JsonSerializer.Serialize(new { at = PolicyLogs.TimeOf(entry.AtMs), by = (string?)null, why = (string?)null, kind = (string?)null, hash = (string?)null, replaces = (string?)null, refused = entry.Refusal }, Plain)
                : TerminalText.Escape($"{PolicyLogs.TimeOf(entry.AtMs)}  offset {entry.Offset} does not count: {entry.Refusal}"));
            return;
        }

        foreach (var part in change.Parts)
        {
            if (!asJson)
            {
                Console.WriteLine(TerminalText.Escape($"{PolicyLogs.TimeOf(entry.AtMs)}  {part.Kind,-8} {Short(part.Hash)} replaces {Short(part.Expects)}  {change.By}: {change.Why}{(entry.Refusal is null ? "" : $"  (does not count: {entry.Refusal})")}"));
            }
            else if (entry.Refusal is { } refused)
            {
                Console.WriteLine(JsonSerializer.Serialize(new { at = PolicyLogs.TimeOf(entry.AtMs), by = change.By, why = change.Why, kind = part.Kind, hash = part.Hash, replaces = part.Expects, refused }, Plain));
            }
            else
            {
                Console.WriteLine(JsonSerializer.Serialize(new { at = PolicyLogs.TimeOf(entry.AtMs), by = change.By, why = change.Why, kind = part.Kind, hash = part.Hash, replaces = part.Expects }, Plain));
            }
        }
    }

    /// <summary>A hash as people compare it.</summary>
    internal static string Short(string? hash) => hash is null ? "nothing" : hash[..Math.Min(hash.Length, ShortHashLength)];

    /// <summary>Characters of it: <c>sha256:</c> and 12 digits.</summary>
    internal const int ShortHashLength = 19;

    internal static Option<string?> At(string name, string description) => new(name) { Description = description, HelpName = "TIME" };

    /// <summary>What was in force at a time; null: what is in force.</summary>
    /// <exception cref="InvalidInputFileException">It is no time.</exception>
    internal static ControlState StateAt(ControlHistory history, string option, string? time) =>
        CommonOptions.MomentOf(option, time) is { } atMs ? history.At(atMs) : history.InForce;
}
