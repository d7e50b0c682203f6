using System.CommandLine;
using System.Text.Json;
using StreamScoring.Configuration;
using StreamScoring.Deployment;
using StreamScoring.Lists;

namespace StreamScoring.Host.Verbs;

/// <summary>Lists that rules look at, in the folder that the topology names.</summary>
internal static class ListsVerb
{
    private static readonly Argument<string> Name = new("NAME") { Description = "The list" };
    private static readonly Argument<string[]> Entries = new("ENTRY") { Description = "Texts, numbers or networks", Arity = ArgumentArity.OneOrMore };
    private static readonly Argument<string> FileArgument = new("FILE") { Description = "One entry a line: entry or entry,until,note" };
    private static readonly Option<string> TopologyFileOption = CommonOptions.Topology();
    private static readonly Option<string?> Until = new("--until") { Description = $"When the entries end: {ListFileEditor.UntilForms}", HelpName = "TIME" };
    private static readonly Option<string?> Why = new("--why") { Description = "Stands as a note beside entries that are added; of those that are taken out nothing is kept", HelpName = "TEXT" };

    public static Command Build()
    {
        var set = CommonOptions.Set();
        var json = CommonOptions.Json();
        var output = CommonOptions.Output("The file to write: entry,until,note");
        return new Command("lists", "Changes and shows the lists that rules look at (docs/rules.md). A running process takes the change by itself.")
        {
            Verb("add", "Adds entries, or gives those that are there another end.\n\nExample:\n  scoring lists add trusted c-17 c-42 --topology topology/handbook/topology.yaml --until 2027-01-31 --why \"ticket 4711\"",
                [Name, Entries, TopologyFileOption, set, Until, Why, json], parsed => Add(FolderOf(parsed, set), parsed, json, [.. parsed.GetRequiredValue(Entries).Select(text => EntryOf(text, parsed))])),
            Verb("remove", "Takes entries out.\n\nExample:\n  scoring lists remove trusted c-17 --topology topology/handbook/topology.yaml --why \"left us\"",
                [Name, Entries, TopologyFileOption, set, Why, json], parsed => Remove(FolderOf(parsed, set), parsed, json)),
            Verb("import", "Adds all entries of a file.\n\nExample:\n  scoring lists import stolen stolen.csv --topology topology/handbook/topology.yaml --why \"weekly feed\"",
                [Name, FileArgument, TopologyFileOption, set, Why, json], parsed => Add(FolderOf(parsed, set), parsed, json, ImportedEntries(parsed))),
            Verb("export", "Writes a list as a file.\n\nExample:\n  scoring lists export trusted --topology topology/handbook/topology.yaml --output trusted.csv",
                [Name, TopologyFileOption, set, output], parsed => Export(FolderOf(parsed, set), parsed, output)),
            Verb("show", "Shows a list.\n\nExample:\n  scoring lists show trusted --topology topology/handbook/topology.yaml",
                [Name, TopologyFileOption, set, json], parsed => Show(FolderOf(parsed, set), parsed, json)),
        };
    }

    private static Command Verb(string name, string help, IReadOnlyList<Symbol> symbols, Action<ParseResult> run)
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

        verb.Runs((parsed, _) =>
        {
            run(parsed);
            return Task.FromResult(VerbRunner.Done);
        });
        return verb;
    }

    private static string FolderOf(ParseResult parsed, Option<string[]> set)
    {
        var topology = TopologyFile.Load(parsed.GetRequiredValue(TopologyFileOption), parsed.GetValue(set) ?? []);
        return topology.ListFolder ?? throw new InvalidInputFileException($"{topology.File}: names no folder of lists; add lists: FOLDER");
    }

    /// <summary>The file of a list; a new one where there is none and there may be one.</summary>
    private static ListFileEditor Open(string folder, ParseResult parsed, bool mayBeNew)
    {
        var (name, files) = (parsed.GetRequiredValue(Name), new ListFiles(folder));
        if (files.PathOf(name) is { } path)
        {
            return ListFileEditor.Open(path);
        }

        var near = Nearest.To(name, files.Names);
        return !mayBeNew ? throw new InvalidInputFileException($"{folder}: there is no list {name}{(near is null ? "" : $"; did you mean {near}?")}")
            : ListFiles.IsName(name) ? ListFileEditor.Open(Path.Combine(folder, $"{name}.csv"))
            : throw new InvalidInputFileException($"{name} is no name of a list; use letters, digits, underscores and dashes, and begin with a letter");
    }

    private static void Add(string folder, ParseResult parsed, Option<bool> json, IReadOnlyList<ListEntry> entries)
    {
        using var alone = ListFileLock.Take(folder);
        var list = Open(folder, parsed, mayBeNew: true);
        var added = entries.Count(list.Put);
        list.Save();
        Say(parsed, json, list.Count, added, $"{added:N0} added, {entries.Count - added:N0} were there");
    }

    private static void Remove(string folder, ParseResult parsed, Option<bool> json)
    {
        using var alone = ListFileLock.Take(folder);
        var list = Open(folder, parsed, mayBeNew: false);
        var entries = parsed.GetRequiredValue(Entries);
        var removed = entries.Count(list.Remove);
        list.Save();
        Say(parsed, json, list.Count, removed, $"{removed:N0} removed, {entries.Length - removed:N0} were not there");
    }

    private static void Export(string folder, ParseResult parsed, Option<string> output)
    {
        var list = Open(folder, parsed, mayBeNew: false);
        OutputFile.RequireNoInput(parsed.GetRequiredValue(output), [parsed.GetRequiredValue(TopologyFileOption), folder]);
        File.WriteAllLines(parsed.GetRequiredValue(output), list.Entries.Select(ListFileEditor.LineOf).Prepend(ListFileEditor.Header));
        Console.Error.WriteLine($"{list.Count:N0} entries -> {parsed.GetRequiredValue(output)}");
    }

    private static void Show(string folder, ParseResult parsed, Option<bool> json)
    {
        var list = Open(folder, parsed, mayBeNew: false);
        if (parsed.GetValue(json))
        {
            Console.WriteLine(JsonSerializer.Serialize(new { list = parsed.GetRequiredValue(Name), entries = list.Count }));
            return;
        }

        foreach (var entry in list.Entries)
        {
            Console.WriteLine(Contracts.TerminalText.Escape(ListFileEditor.LineOf(entry)));
        }
    }

    private static void Say(ParseResult parsed, Option<bool> json, int entries, int changed, string text)
    {
        var name = parsed.GetRequiredValue(Name);
        if (parsed.GetValue(json))
        {
            Console.WriteLine(JsonSerializer.Serialize(new { list = name, entries, changed }));
        }

        Console.Error.WriteLine($"{name}: {text}; {entries:N0} entries");
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
