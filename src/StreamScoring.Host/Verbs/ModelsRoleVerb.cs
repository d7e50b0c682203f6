using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using StreamScoring.Configuration;
using StreamScoring.Contracts;
using StreamScoring.Deployment.Registry;
using StreamScoring.Host.Registry;

namespace StreamScoring.Host.Verbs;

/// <summary>Roles beside the champion's.</summary>
internal static class ModelsRoleVerb
{
    private const string Canary = "canary", Fallback = "fallback", Shadow = "shadow";
    private const double PercentOtherwise = 5;

    private static readonly Argument<string> Role = new("ROLE")
    {
        Description = "canary: decides for a share of an id's keys; fallback: the small model of the deadline ladder; shadow: scores every payment beside the champion and decides nothing",
    };

    private static readonly Option<bool> Remove = new("--remove") { Description = "Takes the role away" };
    private static readonly Option<string?> Percent = new("--percent") { Description = $"Of the keys, 0 to 100, such as 0.5 (canary; default: as that model has it, or {PercentOtherwise})", HelpName = "P" };
    private static readonly Option<string?> By = new("--by") { Description = "The id whose keys are shared out (canary; default: as that model has it, or card_id)", HelpName = "FIELD" };

    static ModelsRoleVerb()
    {
        Role.AcceptOnlyFromAmong(Canary, Fallback, Shadow);
        By.AcceptOnlyFromAmong([.. TextFields.EntityIds.Select(TextFields.NameOf)]);
    }

    public static Command Build() => ModelsVerb.Verb(
        "role",
        "Gives a version a role beside the champion, or takes it away.\n\nExample:\n  scoring models role shadow challenger --registry data/registry --why \"compare for a week\"\n"
        + "  scoring models role canary challenger --percent 5 --by card_id --registry data/registry --why \"looks well\"\n  scoring models role canary challenger --remove --registry data/registry",
        [Role, ModelsVerb.ModelArgument, Percent, By, Remove, ModelsVerb.WhyIfAny], Run);

    internal static int Said(bool asJson, string role, string model, ModelReference? before, IModelShelf shelf)
    {
        if (asJson)
        {
            Console.WriteLine(JsonSerializer.Serialize(new { role, model, replaces = before?.ToString() }));
        }

        Console.Error.WriteLine($"{role}: {model}{(before is null ? "" : $"; before: {before}")}; running processes take it {shelf.TakenWhen}");
        return VerbRunner.Done;
    }

    private static int Run(ParseResult parsed, IModelShelf shelf)
    {
        var (role, name, isRemoved) = (parsed.GetRequiredValue(Role), parsed.GetRequiredValue(ModelsVerb.ModelArgument), parsed.GetValue(Remove));
        if ((role != Canary || isRemoved) && (parsed.GetValue(Percent) is not null || parsed.GetValue(By) is not null))
        {
            throw new InvalidInputFileException($"--percent and --by are of a canary{(isRemoved ? " that is given, not taken away" : $", and {role} has no share")}");
        }

        using var edit = shelf.EditRoles();
        var roles = shelf.KnownRoles();
        // The version that has the role, where the newest one does not.
        var holders = roles.All.Where(of => of.Role == role && of.Model.Name == name).Select(of => of.Model).ToList();
        var model = isRemoved && holders.Count == 1 ? holders[0] : shelf.Find(name);
        var has = roles.All.Contains((role, model));
        if (isRemoved && !has)
        {
            throw new InvalidInputFileException($"{model} is no {role}");
        }

        if (!isRemoved)
        {
            RequireFit(shelf, roles, role, model, has && role != Canary);
            RegistryCheck.Require(shelf, model, ModelsVerb.FeaturesOf(parsed));
        }

        var (next, before) = role switch
        {
            Canary => (roles with { Canary = isRemoved ? null : ShareOf(parsed, model, roles.Canary) }, roles.Canary?.Model),
            Fallback => (roles with { Fallback = isRemoved ? null : model }, roles.Fallback),
            _ => (roles with { Shadows = isRemoved ? [.. roles.Shadows.Where(shadow => shadow != model)] : [.. roles.Shadows, model] }, null),
        };
        edit.SetRoles(next, isRollback: false, PolicyLogs.Me, ModelsVerb.WhyOf(parsed));
        return Said(parsed.GetValue(ModelsVerb.Json), isRemoved ? $"no {role} any more" : next.Canary is { } canary && role == Canary ? $"canary for {canary.Share}" : role, model.ToString(), isRemoved ? null : before, shelf);
    }

    private static void RequireFit(IModelShelf shelf, ModelRoles roles, string role, ModelReference model, bool has)
    {
        if (has || roles.Champion == model)
        {
            throw new InvalidInputFileException($"{model} is {(has ? $"{(role == Shadow ? "a" : "the")} {role} already" : "the champion")}");
        }

        if (role != Shadow && roles.Champion is null && shelf.ChampionOtherwise is null)
        {
            throw new InvalidInputFileException($"there is no champion yet, which decides for all others: scoring models promote NAME");
        }
    }

    private static CanaryRole ShareOf(ParseResult parsed, ModelReference model, CanaryRole? before)
    {
        // Of another model the share says nothing of this one.
        before = before?.Model.Name == model.Name ? before : null;
        var percent = parsed.GetValue(Percent) is not { } text ? before?.Percent ?? PercentOtherwise
            : double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value) && value is >= 0 and <= 100 ? value
            : throw new InvalidInputFileException($"--percent is {text}; allowed are 0 to 100, with a point before decimals, such as 0.5");
        var by = parsed.GetValue(By) is { } name && TextFields.TryParse(name, out var field) ? field : before?.By ?? TextField.CardId;
        return new CanaryRole(model, percent, by);
    }
}
