using System.CommandLine;
using System.Text.Json;
using StreamScoring.Configuration;
using StreamScoring.Deployment.Registry;
using StreamScoring.Host.Registry;
using StreamScoring.Onnx;

namespace StreamScoring.Host.Verbs;

/// <summary>A registry of models: what is in it, and what has which role.</summary>
internal static class ModelsVerb
{
    private static readonly Option<string?> RegistryOption = new("--registry") { Description = "The registry's folder", HelpName = "DIR" };
    private static readonly Option<string?> TopologyOption = new("--topology") { Description = "The topology that names the registry (models.registry)", HelpName = "FILE" };
    private static readonly Option<string> Why = new("--why") { Description = "Why; it is kept in the registry's history", HelpName = "TEXT", Required = true };
    private static readonly Option<bool> Json = CommonOptions.Json();
    private static readonly Argument<string> ModelArgument = new("NAME") { Description = "The newest version of a model, or NAME@sha256:… (its first digits are enough)" };

    public static Command Build() => new("models", "A registry of models: versions that never change, their roles, and who changed what and why (docs/models.md).")
    {
        ModelsAddVerb.Build(),
        Verb("list", "Shows every version, oldest first, with its roles.\n\nExample:\n  scoring models list --registry data/registry", [], List),
        Verb("show", "Shows the card of a version.\n\nExample:\n  scoring models show handbook --registry data/registry", [ModelArgument], Show),
        Verb("verify", "Loads a version, or all: its files must have its hash, and its golden rows come out. Ends with 1 where one does not.\n\nExample:\n  scoring models verify --registry data/registry",
            [new Argument<string?>("NAME") { Description = "A version (default: all)", Arity = ArgumentArity.ZeroOrOne }], Verify),
        Verb("history", "Shows who changed what and why, oldest first.\n\nExample:\n  scoring models history --registry data/registry", [], History),
        Verb("promote", "Makes a version the champion: it decides, in running processes too.\n\nExample:\n  scoring models promote handbook --registry data/registry --why \"better on March\"", [ModelArgument, Why], Promote),
        Verb("rollback", "Makes the champion before this one the champion again.\n\nExample:\n  scoring models rollback --registry data/registry --why \"blocks too much\"", [Why], Rollback),
        RoleVerb(),
    };

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
    internal static string? FeaturesOf(string topology) => YamlFile.Open(topology).OptionalText("features") is { } named
        ? Path.GetFullPath(Path.Combine(Path.GetDirectoryName(Path.GetFullPath(topology))!, named)) : null;

    private static string? FeaturesOf(ParseResult parsed) => parsed.GetValue(TopologyOption) is { } topology ? FeaturesOf(topology) : null;

    private static string WhyOf(ParseResult parsed) => parsed.GetRequiredValue(Why).Trim() is { Length: > 0 } why ? why : throw new InvalidInputFileException("--why is empty; say why, for those who read the history");

    private static Command RoleVerb()
    {
        var role = new Argument<string>("ROLE") { Description = "shadow: scores every payment beside the champion and decides nothing" };
        role.AcceptOnlyFromAmong("shadow");
        var remove = new Option<bool>("--remove") { Description = "Takes the role away" };
        return Verb("role", "Gives a version a role beside the champion, or takes it away.\n\nExample:\n  scoring models role shadow challenger --registry data/registry --why \"compare for a week\"", [role, ModelArgument, remove, Why],
            (parsed, registry) => Shadow(parsed, registry, parsed.GetRequiredValue(ModelArgument), parsed.GetValue(remove), WhyOf(parsed)));
    }

    private static Command Verb(string name, string help, IReadOnlyList<Symbol> symbols, Func<ParseResult, ModelRegistry, int> run)
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

        verb.Runs((parsed, _) => Task.FromResult(run(parsed, ModelRegistry.Open(FolderOf(parsed.GetValue(RegistryOption), parsed.GetValue(TopologyOption))))));
        return verb;
    }

    private static int List(ParseResult parsed, ModelRegistry registry)
    {
        var roles = registry.KnownRoles();
        foreach (var (model, added) in registry.Models())
        {
            string[] has = [.. roles.Champion == model ? ["champion"] : Array.Empty<string>(), .. roles.Shadows.Contains(model) ? ["shadow"] : Array.Empty<string>()];
            Console.WriteLine(parsed.GetValue(Json)
                ? JsonSerializer.Serialize(new { name = model.Name, version = model.Version, at = added.At, by = added.By, why = added.Why, roles = has })
                : Contracts.TerminalText.Escape($"{model}  {added.At}  {added.By}{(added.Why is null ? "" : $"  {added.Why}")}{(has.Length == 0 ? "" : $"  [{string.Join(", ", has)}]")}"));
        }

        return VerbRunner.Done;
    }

    private static int Show(ParseResult parsed, ModelRegistry registry)
    {
        var model = registry.Find(parsed.GetRequiredValue(ModelArgument));
        var card = ModelCard.Load(registry.FolderOf(model));
        if (parsed.GetValue(Json))
        {
            Console.WriteLine(JsonSerializer.Serialize(new
            {
                name = model.Name,
                version = model.Version,
                folder = registry.FolderOf(model),
                output = card.Output.ToString().ToLowerInvariant(),
                inputs = card.Inputs.Select(input => new { name = input.Name, type = input.IsText ? "text" : "number" }),
                training = card.Training.ToDictionary(pair => pair.Key, pair => pair.Value),
                metrics = card.Metrics.ToDictionary(pair => pair.Key, pair => pair.Value),
            }));
            return VerbRunner.Done;
        }

        Console.WriteLine($"{model}\n{registry.FolderOf(model)}\n");
        Console.WriteLine(string.Join('\n', File.ReadLines(Path.Combine(registry.FolderOf(model), ModelCard.FileName)).Select(Contracts.TerminalText.Escape)));
        return VerbRunner.Done;
    }

    private static int Verify(ParseResult parsed, ModelRegistry registry)
    {
        registry.KnownRoles();
        var named = parsed.GetValue<string?>("NAME");
        var models = named is null ? [.. registry.Models().Select(entry => entry.Model)] : new[] { registry.Find(named) };
        var wrong = 0;
        foreach (var model in models)
        {
            var problem = RegistryCheck.ProblemOf(registry, model);
            wrong += problem is null ? 0 : 1;
            Console.WriteLine(parsed.GetValue(Json) ? JsonSerializer.Serialize(new { model = model.ToString(), ok = problem is null, problem }) : Contracts.TerminalText.Escape($"{model}: {problem ?? "as it was added"}"));
        }

        return wrong == 0 ? VerbRunner.Done : VerbRunner.Failed;
    }

    private static int History(ParseResult parsed, ModelRegistry registry)
    {
        foreach (var change in registry.History())
        {
            Console.WriteLine(parsed.GetValue(Json) ? change.ToLine()
                : Contracts.TerminalText.Escape($"{change.At}  {change.By}  {change.Kind}  {change.Hash}{(change.Replaces is null ? "" : $"  before: {change.Replaces}")}{(change.Why is null ? "" : $"  {change.Why}")}"));
        }

        return VerbRunner.Done;
    }

    private static int Promote(ParseResult parsed, ModelRegistry registry)
    {
        using var edit = registry.Edit();
        var (model, roles) = (registry.Find(parsed.GetRequiredValue(ModelArgument)), registry.KnownRoles());
        if (roles.Champion == model)
        {
            throw new InvalidInputFileException($"{model} is the champion already");
        }

        return MakeChampion(parsed, registry, edit, model, roles, isRollback: false);
    }

    private static int Rollback(ParseResult parsed, ModelRegistry registry)
    {
        using var edit = registry.Edit();
        return MakeChampion(parsed, registry, edit, registry.ChampionBefore(), registry.KnownRoles(), isRollback: true);
    }

    private static int MakeChampion(ParseResult parsed, ModelRegistry registry, RegistryEdit edit, ModelReference model, ModelRoles roles, bool isRollback)
    {
        RegistryCheck.Require(registry, model, FeaturesOf(parsed));
        // A champion is no shadow.
        edit.SetRoles(roles with { Champion = model, Shadows = [.. roles.Shadows.Where(shadow => shadow != model)] }, isRollback, PolicyLogs.Me, WhyOf(parsed));
        return Said(parsed, "champion", model, roles.Champion);
    }

    private static int Shadow(ParseResult parsed, ModelRegistry registry, string name, bool isRemoved, string why)
    {
        using var edit = registry.Edit();
        var roles = registry.KnownRoles();
        // The version that has the role, where the newest one does not.
        var model = isRemoved && roles.Shadows.Count(shadow => shadow.Name == name) == 1 ? roles.Shadows.Single(shadow => shadow.Name == name) : registry.Find(name);
        if (roles.Shadows.Contains(model) != isRemoved || roles.Champion == model)
        {
            throw new InvalidInputFileException($"{model} is {(roles.Champion == model ? "the champion" : isRemoved ? "no shadow" : "a shadow already")}");
        }

        if (!isRemoved)
        {
            RegistryCheck.Require(registry, model, FeaturesOf(parsed));
        }

        IReadOnlyList<ModelReference> shadows = isRemoved ? [.. roles.Shadows.Where(shadow => shadow != model)] : [.. roles.Shadows, model];
        edit.SetRoles(roles with { Shadows = shadows }, isRollback: false, PolicyLogs.Me, why);
        return Said(parsed, isRemoved ? "no shadow any more" : "shadow", model, before: null);
    }

    private static int Said(ParseResult parsed, string role, ModelReference model, ModelReference? before)
    {
        if (parsed.GetValue(Json))
        {
            Console.WriteLine(JsonSerializer.Serialize(new { role, model = model.ToString(), replaces = before?.ToString() }));
        }

        Console.Error.WriteLine($"{role}: {model}{(before is null ? "" : $"; before: {before}")}; running processes take it within two looks at roles.yaml");
        return VerbRunner.Done;
    }
}
