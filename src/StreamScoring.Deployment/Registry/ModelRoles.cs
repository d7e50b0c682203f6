using System.Globalization;
using System.Text;
using StreamScoring.Configuration;
using StreamScoring.Contracts;

namespace StreamScoring.Deployment.Registry;

/// <summary>Which version of which model has which role.</summary>
/// <param name="Champion">Decides; null as long as none was promoted.</param>
/// <param name="Shadows">Score every payment beside it and decide nothing.</param>
public sealed record ModelRoles(ModelReference? Champion, IReadOnlyList<ModelReference> Shadows)
{
    public static ModelRoles None { get; } = new(null, []);

    /// <summary>The champion before, which stands in for the champion; null for none.</summary>
    public ModelReference? Previous { get; init; }

    /// <summary>Decides for a share; null for none.</summary>
    public CanaryRole? Canary { get; init; }

    /// <summary>The small model of the deadline ladder; null for none.</summary>
    public ModelReference? Fallback { get; init; }

    /// <summary>Versions by what people call them, <c>NAME@ALIAS</c>; in the order of these.
    /// </summary>
    public IReadOnlyDictionary<string, ModelReference> Aliases { get; init; } = new SortedDictionary<string, ModelReference>(StringComparer.Ordinal);

    /// <summary>All versions that have a role, with its name.</summary>
    public IEnumerable<(string Role, ModelReference Model)> All =>
    [
        .. Of("champion", Champion), .. Of("previous", Previous), .. Of("canary", Canary?.Model), .. Of("fallback", Fallback), .. Shadows.Select(shadow => ("shadow", shadow)),
    ];

    /// <exception cref="InvalidInputFileException">The file is wrong.</exception>
    public static ModelRoles Read(string path)
    {
        if (!File.Exists(path))
        {
            return None;
        }

        var top = YamlFile.Open(path);
        var roles = Read(top);
        top.RequireAllRead();
        return roles;
    }

    /// <inheritdoc cref="Read(string)"/>
    internal static ModelRoles Read(YamlMap top)
    {
        top.Integer("version", 1, 1, 1);
        return new ModelRoles(Reference(top, "champion"), [.. top.Texts("shadows").Select(shadow => ModelReference.Parse(shadow, top.File))])
        {
            Previous = Reference(top, "previous"),
            Canary = ReadCanary(top),
            Fallback = Reference(top, "fallback"),
            Aliases = ReadAliases(top),
        };
    }

    /// <summary>With an alias, in the place of one that is called so.</summary>
    /// <param name="model">Null: the alias is taken away.</param>
    public ModelRoles WithAlias(string alias, ModelReference? model)
    {
        var aliases = new SortedDictionary<string, ModelReference>(Aliases.ToDictionary(), StringComparer.Ordinal);
        aliases.Remove(alias);
        if (model is { } named)
        {
            aliases[alias] = named;
        }

        return this with { Aliases = aliases };
    }

    public string ToText()
    {
        var text = new StringBuilder("# Roles of models. Change them by scoring models promote, rollback and role, which write down who and why.\nversion: 1\n");
        Write("champion", Champion);
        Write("previous", Previous);
        Write("fallback", Fallback);
        if (Canary is { } canary)
        {
            text.Append(CultureInfo.InvariantCulture, $"canary:\n  model: {canary.Model}\n  percent: {canary.Percent}\n  by: {TextFields.NameOf(canary.By)}\n");
        }

        if (Shadows.Count > 0)
        {
            text.Append("shadows:\n");
            foreach (var shadow in Shadows)
            {
                text.Append(CultureInfo.InvariantCulture, $"  - {shadow}\n");
            }
        }

        if (Aliases.Count > 0)
        {
            text.Append("aliases:\n");
            foreach (var (alias, model) in Aliases)
            {
                text.Append(CultureInfo.InvariantCulture, $"  {alias}: {model}\n");
            }
        }

        return text.ToString();

        void Write(string role, ModelReference? model)
        {
            if (model is { } named)
            {
                text.Append(CultureInfo.InvariantCulture, $"{role}: {named}\n");
            }
        }
    }

    private static IEnumerable<(string, ModelReference)> Of(string role, ModelReference? model) => model is { } named ? [(role, named)] : [];

    private static ModelReference? Reference(YamlMap top, string role) => top.OptionalText(role) is { } text ? ModelReference.Parse(text, top.File) : null;

    private static SortedDictionary<string, ModelReference> ReadAliases(YamlMap top)
    {
        var aliases = new SortedDictionary<string, ModelReference>(StringComparer.Ordinal);
        if (top.OptionalMap("aliases") is { } map)
        {
            foreach (var alias in map.Keys)
            {
                var model = ModelReference.Parse(map.Text(alias), top.File);
                aliases[alias] = ModelReference.IsAliasOf(alias, model.Name) ? model : throw map.Error(alias, $"is no alias of {model.Name}; write {model.Name}@ALIAS");
            }
        }

        return aliases;
    }

    private static CanaryRole? ReadCanary(YamlMap top)
    {
        if (top.OptionalMap("canary") is not { } canary)
        {
            return null;
        }

        var role = new CanaryRole(ModelReference.Parse(canary.Text("model"), top.File), canary.Number("percent", 5, 0, 100), NamedModels.ReadBy(canary));
        canary.RequireAllRead();
        return role;
    }
}
