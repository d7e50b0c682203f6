using System.CommandLine;
using System.Text.Json;
using StreamScoring.Configuration;
using StreamScoring.Deployment.Registry;

namespace StreamScoring.Host.Verbs;

/// <summary>Gives a version a name that people remember.</summary>
internal static class ModelsAliasVerb
{
    private static readonly Argument<string> AliasArgument = new("ALIAS") { Description = "What it is called from now on, as NAME@ALIAS: " + ModelReference.NameForm };
    private static readonly Option<bool> Remove = new("--remove") { Description = "Takes the alias away" };

    public static Command Build() => ModelsVerb.Verb(
        "alias",
        "Calls a version by an alias: NAME@ALIAS stands for it wherever a version is asked for, until the alias is given to another one.\n\nExample:\n"
        + "  scoring models alias challenger march --registry data/registry --why \"trained on March\"\n  scoring models promote challenger@march --registry data/registry --why \"better\"",
        [ModelsVerb.ModelArgument, AliasArgument, Remove, ModelsVerb.WhyIfAny], Run);

    private static int Run(ParseResult parsed, IModelShelf shelf)
    {
        using var edit = shelf.EditRoles();
        var (model, roles) = (shelf.Find(parsed.GetRequiredValue(ModelsVerb.ModelArgument)), shelf.KnownRoles());
        var alias = $"{model.Name}@{parsed.GetRequiredValue(AliasArgument)}";
        if (!ModelReference.IsAliasOf(alias, model.Name))
        {
            throw new InvalidInputFileException($"{parsed.GetValue(AliasArgument)} is no alias; one has {ModelReference.NameForm}");
        }

        var isRemoved = parsed.GetValue(Remove);
        ModelReference? before = roles.Aliases.TryGetValue(alias, out var old) ? old : null;
        if (isRemoved ? before is null : before == model)
        {
            throw new InvalidInputFileException(isRemoved ? $"there is no alias {alias}" : $"{alias} is {model} already");
        }

        edit.SetRoles(roles.WithAlias(alias, isRemoved ? null : model), isRollback: false, PolicyLogs.Me, ModelsVerb.WhyOf(parsed));
        if (parsed.GetValue(ModelsVerb.Json))
        {
            Console.WriteLine(JsonSerializer.Serialize(new { alias, model = isRemoved ? null : model.ToString(), replaces = before?.ToString() }));
        }

        Console.Error.WriteLine(isRemoved ? $"no alias {alias} any more" : $"{alias}: {model}{(before is null ? "" : $"; before: {before}")}");
        return VerbRunner.Done;
    }
}
