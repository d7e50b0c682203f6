using System.CommandLine;
using System.Text.Json;
using StreamScoring.Configuration;
using StreamScoring.Deployment;
using StreamScoring.Host.Lists;
using StreamScoring.Lists;

namespace StreamScoring.Host.Verbs;

/// <summary>
/// Lists that rules look at: in the folder that the topology names, or in its log.
/// </summary>
internal static class ListsVerb
{
    private static readonly Argument<string> Name = new("NAME") { Description = "The list" };
    private static readonly Argument<string[]> Entries = new("ENTRY") { Description = "Texts, numbers or networks", Arity = ArgumentArity.OneOrMore };
    private static readonly Argument<string> FileArgument = new("FILE") { Description = "One entry a line: entry or entry,until,note" };
    private static readonly Option<string> TopologyFileOption = CommonOptions.Topology();
    private static readonly Option<string?> Until = new("--until") { Description = $"When the entries end: {ListFileEditor.UntilForms}", HelpName = "TIME" };
    private static readonly Option<string?> Why = new("--why") { Description = "Stands as a note beside entries that are added. Where the policy comes from logs it is needed, and stands beside each change", HelpName = "TEXT" };

    public static Command Build()
    {
        var set = CommonOptions.Set();
        var json = CommonOptions.Json();
        var output = CommonOptions.Output("The file to write: entry,until,note");
        return new Command("lists", "Changes and shows the lists that rules look at (docs/rules.md). A running process takes the change by itself.")
        {
            Verb("add", "Adds entries, or gives those that are there another end.\n\nExample:\n  scoring lists add trusted c-17 c-42 --topology topology/handbook/topology.yaml --until 2027-01-31 --why \"ticket 4711\"",
                [Name, Entries, TopologyFileOption, set, Until, Why, json], (parsed, cancel) => Say(parsed, json, StoreOf(parsed, set).Add(parsed.GetRequiredValue(Name), [.. parsed.GetRequiredValue(Entries).Select(text => EntryOf(text, parsed))], NoteOf(parsed), cancel))),
            Verb("remove", "Takes entries out.\n\nExample:\n  scoring lists remove trusted c-17 --topology topology/handbook/topology.yaml --why \"left us\"",
                [Name, Entries, TopologyFileOption, set, Why, json], (parsed, cancel) => Say(parsed, json, StoreOf(parsed, set).Remove(parsed.GetRequiredValue(Name), parsed.GetRequiredValue(Entries), NoteOf(parsed), cancel))),
            Verb("import", "Adds all entries of a file.\n\nExample:\n  scoring lists import stolen stolen.csv --topology topology/handbook/topology.yaml --why \"weekly feed\"",
                [Name, FileArgument, TopologyFileOption, set, Why, json], (parsed, cancel) => Say(parsed, json, StoreOf(parsed, set).Add(parsed.GetRequiredValue(Name), ImportedEntries(parsed), NoteOf(parsed), cancel))),
            Verb("export", "Writes a list as a file.\n\nExample:\n  scoring lists export trusted --topology topology/handbook/topology.yaml --output trusted.csv",
                [Name, TopologyFileOption, set, output], (parsed, cancel) => Export(StoreOf(parsed, set).Read(parsed.GetRequiredValue(Name), cancel), parsed, output)),
            Verb("show", "Shows a list.\n\nExample:\n  scoring lists show trusted --topology topology/handbook/topology.yaml",
                [Name, TopologyFileOption, set, json], (parsed, cancel) => Show(StoreOf(parsed, set).Read(parsed.GetRequiredValue(Name), cancel), parsed, json)),
        };
    }

    private static Command Verb(string name, string help, IReadOnlyList<Symbol> symbols, Action<ParseResult, CancellationToken> run)
    {
        var verb = new Command(name, help);
        foreach (var symbol in symbols)
        {
            if (symbol is Argument argument)
            {
                verb.Add(argument);
            }
            else
            {
                verb.Add((Option)symbol);
            }
        }

        verb.Runs((parsed, cancel) =>
        {
            run(parsed, cancel);
            return Task.FromResult(VerbRunner.Done);
        });
        return verb;
    }

    private static IListStore StoreOf(ParseResult parsed, Option<string[]> set)
    {
        var topology = TopologyFile.Load(parsed.GetRequiredValue(TopologyFileOption), parsed.GetValue(set) ?? []);
        return topology.Control is not null ? new LogListStore(topology)
            : new FileListStore(topology.ListFolder ?? throw new InvalidInputFileException($"{topology.File}: names no folder of lists; add lists: FOLDER"));
    }

    private static void Export(IReadOnlyList<ListEntry> entries, ParseResult parsed, Option<string> output)
    {
        var topology = parsed.GetRequiredValue(TopologyFileOption);
        OutputFile.RequireNoInput(parsed.GetRequiredValue(output), [topology, .. TopologyFile.Load(topology, []).ListFolder is { } folder ? [folder] : (string[])[]]);
        File.WriteAllLines(parsed.GetRequiredValue(output), entries.Select(ListFileEditor.LineOf).Prepend(ListFileEditor.Header));
        Console.Error.WriteLine($"{entries.Count:N0} entries -> {parsed.GetRequiredValue(output)}");
    }

    private static void Show(IReadOnlyList<ListEntry> entries, ParseResult parsed, Option<bool> json)
    {
        if (parsed.GetValue(json))
        {
            Console.WriteLine(JsonSerializer.Serialize(new { list = parsed.GetRequiredValue(Name), entries = entries.Count }));
            return;
        }

        foreach (var entry in entries)
        {
            Console.WriteLine(Contracts.TerminalText.Escape(ListFileEditor.LineOf(entry)));
        }
    }

    private static void Say(ParseResult parsed, Option<bool> json, ListOutcome outcome)
    {
        var name = parsed.GetRequiredValue(Name);
        if (parsed.GetValue(json))
        {
            // Left out where it is not looked up.
            var entries = outcome.Entries is { } count ? new Dictionary<string, object> { ["entries"] = count } : [];
            Console.WriteLine(JsonSerializer.Serialize(new Dictionary<string, object> { ["list"] = name }.Concat(entries).Append(KeyValuePair.Create("changed", (object)outcome.Changed)).ToDictionary()));
        }

        Console.Error.WriteLine($"{name}: {outcome.Text}{(outcome.Entries is { } now ? $"; {now:N0} entries" : "")}");
    }

    private static ListEntry EntryOf(string text, ParseResult parsed)
    {
        var untilMs = ListEntry.Forever;
        if (parsed.GetValue(Until) is { } until && !ListFileEditor.TryParseUntil(until, out untilMs))
        {
            throw new InvalidInputFileException($"--until is {until}; write {ListFileEditor.UntilForms}");
        }

        return RequirePlain(new ListEntry(text.Trim(), untilMs, NoteOf(parsed)));
    }

    private static IReadOnlyList<ListEntry> ImportedEntries(ParseResult parsed)
    {
        var why = NoteOf(parsed);
        return [.. ListFileEditor.ReadAll(parsed.GetRequiredValue(FileArgument)).Select(entry => entry.Note is null && why is not null ? entry with { Note = why } : entry)];
    }

    private static string? NoteOf(ParseResult parsed) => parsed.GetValue(Why) is { } why && !string.IsNullOrWhiteSpace(why) ? why.Trim() : null;

    private static ListEntry RequirePlain(ListEntry entry) =>
        entry.Text.Length == 0 || entry.Text.Any(char.IsControl) || (entry.Note?.Any(char.IsControl) ?? false)
            ? throw new InvalidInputFileException("an entry and a note are one line of text each, and an entry is not empty")
            : entry;
}
