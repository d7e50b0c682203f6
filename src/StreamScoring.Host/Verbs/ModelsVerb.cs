using System.CommandLine;
using System.Text.Json;
using StreamScoring.Configuration;
using StreamScoring.Deployment;
using StreamScoring.Deployment.Registry;
using StreamScoring.Host.Registry;
using StreamScoring.Onnx;

namespace StreamScoring.Host.Verbs;

/// <summary>A registry of models: what is in it, and what has which role.</summary>
internal static class ModelsVerb
{
    private const string WhyText = "Why; it is kept in the registry's history";

    private static readonly Option<string?> RegistryOption = new("--registry") { Description = "The registry's folder", HelpName = "DIR" };
    private static readonly Option<string?> TopologyOption = new("--topology") { Description = "The topology that names the registry (models.registry), or of a deployment whose policy comes from logs (policy: log)", HelpName = "FILE" };
    private static readonly Option<string> Why = new("--why") { Description = WhyText, HelpName = "TEXT", Required = true };
    internal static readonly Option<string> WhyIfAny = new("--why") { Description = WhyText, HelpName = "TEXT" };
    internal static readonly Option<bool> Json = CommonOptions.Json();
    internal static readonly Argument<string> ModelArgument = new("NAME") { Description = "The newest version of a model, NAME@sha256:… (its first digits are enough), or NAME@ALIAS" };

    public static Command Build() => new("models", "A registry of models: versions that never change, their roles, and who changed what and why (docs/models.md).")
    {
        ModelsAddVerb.Build(),
        Verb("list", "Shows every version, oldest first, with its roles.\n\nExample:\n  scoring models list --registry data/registry", [], List),
        Verb("show", "Shows the card of a version.\n\nExample:\n  scoring models show handbook --registry data/registry", [ModelArgument], Show),
        Verb("verify", "Loads a version, or all: its files must have its hash, and its golden rows come out. Ends with 1 where one does not.\n\nExample:\n  scoring models verify --registry data/registry",
            [new Argument<string?>("NAME") { Description = "A version (default: all)", Arity = ArgumentArity.ZeroOrOne }], Verify),
        Verb("history", "Shows who changed what and why, oldest first.\n\nExample:\n  scoring models history --registry data/registry", [], History),
        Verb("promote", "Makes a version the champion: it decides, in running processes too.\n\nExample:\n  scoring models promote handbook --registry data/registry --why \"better on March\"", [ModelArgument, Why], Promote),
        Verb("rollback", "Makes the champion before this one the champion again.\n\nExample:\n  scoring models rollback --registry data/registry --why \"blocks too much\"", [WhyIfAny], Rollback),
        ModelsRoleVerb.Build(),
        ModelsPushVerb.Build(),
        ModelsAliasVerb.Build(),
        ModelsCompareVerb.Build(),
    };

    /// <summary>A registry, or what was published for a deployment whose policy comes from logs.
    /// </summary>
    private static IModelShelf ShelfOf(string? registry, string? topology, CancellationToken cancel) =>
        registry is null && topology is not null && YamlFile.Open(topology).OptionalText("policy") == "log" ? new PublishedShelf(TopologyFile.Load(topology, []), cancel)
        : ModelRegistry.Open(FolderOf(registry, topology));

    /// <exception cref="InvalidInputFileException">Neither option names one.</exception>
    internal static string FolderOf(string? registry, string? topology)
    {
        if ((registry is null) == (topology is null))
        {
            throw new InvalidInputFileException($"name the registry{(registry is null ? "" : " once")}: --registry DIR, or --topology FILE of a topology with models.registry");
        }

        return registry ?? (YamlFile.Open(topology!).OptionalMap("models")?.OptionalText("registry") is { } named
            ? Path.GetFullPath(Path.Combine(Path.GetDirectoryName(Path.GetFullPath(topology!))!, named))
            : throw new InvalidInputFileException($"{topology}: names no registry; add models: {{registry: DIR}}"));
    }

    /// <returns>The feature file that a topology names; null where it names none.</returns>
    internal static string? FeaturesOf(string topology)
    {
        var top = YamlFile.Open(topology);
        return (top.OptionalMap("models")?.OptionalText("features") ?? top.OptionalText("features")) is { } named
            ? Path.GetFullPath(Path.Combine(Path.GetDirectoryName(Path.GetFullPath(topology))!, named)) : null;
    }

    internal static string? FeaturesOf(ParseResult parsed) => parsed.GetValue(TopologyOption) is { } topology ? FeaturesOf(topology) : null;

    /// <returns>Null where nothing was said.</returns>
    internal static string? WhyOf(ParseResult parsed) => parsed.GetValue<string?>("--why")?.Trim() switch
    {
        "" => throw new InvalidInputFileException("--why is empty; say why, for those who read the history"),
        var why => why,
    };

    internal static Command Verb(string name, string help, IReadOnlyList<Symbol> symbols, Func<ParseResult, IModelShelf, int> run)
    {
        var verb = new Command(name, help) { RegistryOption, TopologyOption, Json };
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

        verb.Runs((parsed, cancel) => Task.FromResult(run(parsed, ShelfOf(parsed.GetValue(RegistryOption), parsed.GetValue(TopologyOption), cancel))));
        return verb;
    }

    private static int List(ParseResult parsed, IModelShelf shelf)
    {
        var roles = shelf.KnownRoles();
        foreach (var (model, added) in shelf.Models())
        {
            string[] has = [.. roles.All.Where(of => of.Model == model).Select(of => of.Role == "canary" ? $"canary {roles.Canary!.Share}" : of.Role)];
            string[] called = [.. roles.Aliases.Where(alias => alias.Value == model).Select(alias => alias.Key)];
            Console.WriteLine(parsed.GetValue(Json)
                ? JsonSerializer.Serialize(new { name = model.Name, version = model.Version, at = added.At, by = added.By, why = added.Why, roles = has, aliases = called })
                : Contracts.TerminalText.Escape($"{model}  {added.At}  {added.By}{(added.Why is null ? "" : $"  {added.Why}")}{(has.Length == 0 ? "" : $"  [{string.Join(", ", has)}]")}{(called.Length == 0 ? "" : $"  = {string.Join(", ", called)}")}"));
        }

        return VerbRunner.Done;
    }

    private static int Show(ParseResult parsed, IModelShelf shelf)
    {
        var model = shelf.Find(parsed.GetRequiredValue(ModelArgument));
        var card = ModelCard.Load(shelf.FolderOf(model));
        if (parsed.GetValue(Json))
        {
            Console.WriteLine(JsonSerializer.Serialize(new
            {
                name = model.Name,
                version = model.Version,
                folder = shelf.FolderOf(model),
                output = card.Output.ToString().ToLowerInvariant(),
                inputs = card.Inputs.Select(input => new { name = input.Name, type = input.IsText ? "text" : "number" }),
                training = card.Training.ToDictionary(pair => pair.Key, pair => pair.Value),
                metrics = card.Metrics.ToDictionary(pair => pair.Key, pair => pair.Value),
            }));
            return VerbRunner.Done;
        }

        Console.WriteLine($"{model}\n{shelf.FolderOf(model)}\n");
        Console.WriteLine(string.Join('\n', File.ReadLines(Path.Combine(shelf.FolderOf(model), ModelCard.FileName)).Select(Contracts.TerminalText.Escape)));
        return VerbRunner.Done;
    }

    private static int Verify(ParseResult parsed, IModelShelf shelf)
    {
        shelf.KnownRoles();
        var named = parsed.GetValue<string?>("NAME");
        var models = named is null ? [.. shelf.Models().Select(entry => entry.Model)] : new[] { shelf.Find(named) };
        var wrong = 0;
        foreach (var model in models)
        {
            var problem = RegistryCheck.ProblemOf(shelf, model, isThorough: true);
            wrong += problem is null ? 0 : 1;
            Console.WriteLine(parsed.GetValue(Json) ? JsonSerializer.Serialize(new { model = model.ToString(), ok = problem is null, problem }) : Contracts.TerminalText.Escape($"{model}: {problem ?? "as it was added"}"));
        }

        return wrong == 0 ? VerbRunner.Done : VerbRunner.Failed;
    }

    private static int History(ParseResult parsed, IModelShelf shelf)
    {
        foreach (var change in shelf.History())
        {
            Console.WriteLine(parsed.GetValue(Json) ? change.ToLine()
                : Contracts.TerminalText.Escape($"{change.At}  {change.By}  {change.Kind}  {change.Hash}{(change.As is null ? "" : $"  {change.As}")}{(change.Share is null ? "" : $"  {change.Share}")}{(change.Replaces is null ? "" : $"  before: {change.Replaces}")}{(change.Why is null ? "" : $"  {change.Why}")}"));
        }

        return VerbRunner.Done;
    }

    private static int Promote(ParseResult parsed, IModelShelf shelf)
    {
        using var edit = shelf.EditRoles();
        var (model, roles) = (shelf.Find(parsed.GetRequiredValue(ModelArgument)), shelf.KnownRoles());
        if (roles.Champion == model)
        {
            throw new InvalidInputFileException($"{model} is the champion already");
        }

        return MakeChampion(parsed, shelf, edit, model, roles with { Previous = roles.Champion }, isRollback: false);
    }

    private static int Rollback(ParseResult parsed, IModelShelf shelf)
    {
        using var edit = shelf.EditRoles();
        var before = shelf.ChampionsBefore();
        if (before.Count == 0 && shelf.ChampionOtherwise is { } otherwise)
        {
            var roles = shelf.KnownRoles();
            edit.SetRoles(roles with { Champion = null, Previous = null }, isRollback: true, PolicyLogs.Me, WhyOf(parsed));
            return ModelsRoleVerb.Said(parsed.GetValue(Json), "champion", otherwise, roles.Champion, shelf);
        }

        return before.Count == 0 ? throw new InvalidInputFileException($"{shelf.Place}: there is no champion before this one; promote another version")
            : MakeChampion(parsed, shelf, edit, before[0], shelf.KnownRoles() with { Previous = before.Count > 1 ? before[1] : null }, isRollback: true);
    }

    private static int MakeChampion(ParseResult parsed, IModelShelf shelf, IRoleEdit edit, ModelReference model, ModelRoles roles, bool isRollback)
    {
        RegistryCheck.Require(shelf, model, FeaturesOf(parsed));
        // What decides for all needs neither a share nor a comparison with itself.
        var next = roles with
        {
            Champion = model,
            Canary = roles.Canary?.Model == model ? null : roles.Canary,
            Fallback = roles.Fallback == model ? null : roles.Fallback,
            Shadows = [.. roles.Shadows.Where(shadow => shadow != model)],
        };
        edit.SetRoles(next, isRollback, PolicyLogs.Me, WhyOf(parsed));
        return ModelsRoleVerb.Said(parsed.GetValue(Json), "champion", model.ToString(), roles.Champion, shelf);
    }
}
