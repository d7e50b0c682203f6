using StreamScoring.Configuration;
using StreamScoring.Contracts;
using StreamScoring.Deployment.Registry;

namespace StreamScoring.Deployment;

/// <summary>Folders of models by role: those that a topology names, or those of a registry.
/// </summary>
/// <param name="Registry">Null where the topology names them.</param>
/// <param name="Previous">The champion before; null where none stands in. Likewise the others.
/// </param>
internal sealed record NamedModels(string? Registry, string Champion, string? Previous, CanaryKnobs? Canary, string? Fallback, IReadOnlyList<string> Shadows)
{
    private static readonly string[] Roles = ["champion", "previous", "canary", "fallback", "shadows"];

    /// <param name="folder">Of the topology file.</param>
    /// <exception cref="InvalidInputFileException">A folder is not there, or both say which models
    /// there are.</exception>
    public static NamedModels Read(YamlMap models, string folder)
    {
        if (!models.Has("registry"))
        {
            return new NamedModels(
                null, TopologyFile.ExistingPath(models, "champion", folder), Optional(models, "previous", folder), ReadCanary(models, folder), Optional(models, "fallback", folder),
                [.. models.Texts("shadows").Select(path => TopologyFile.ExistingPath(models, "shadows", path, folder))]);
        }

        if (Array.Find(Roles, models.Has) is { } role)
        {
            throw models.Error(role, "goes without models.registry: the roles of a registry are those of its roles.yaml (scoring models promote, role)");
        }

        var registry = ModelRegistry.Open(TopologyFile.ExistingPath(models, "registry", folder));
        var roles = registry.ServedRoles();
        return roles.Champion is not { } champion
            ? throw models.Error("registry", $"names {registry.Folder}, which has no champion yet; scoring models promote NAME --registry {registry.Folder} --why TEXT makes one")
            : new NamedModels(
                registry.Folder, registry.FolderOf(champion), FolderOf(roles.Previous),
                roles.Canary is { } canary ? new CanaryKnobs(registry.FolderOf(canary.Model), canary.Percent, canary.By) : null, FolderOf(roles.Fallback), [.. roles.Shadows.Select(registry.FolderOf)]);

        string? FolderOf(ModelReference? model) => model is { } named ? registry.FolderOf(named) : null;
    }

    /// <summary>The id whose keys a canary shares out.</summary>
    /// <exception cref="InvalidInputFileException">It is no entity's.</exception>
    public static TextField ReadBy(YamlMap canary)
    {
        var name = canary.Text("by", "card_id");
        return TextFields.TryParse(name, out var by) && TextFields.EntityIds.Contains(by) ? by
            : throw canary.Error("by", $"is {name}; allowed: {string.Join(", ", TextFields.EntityIds.Select(TextFields.NameOf))}");
    }

    private static string? Optional(YamlMap models, string key, string folder) => models.Has(key) ? TopologyFile.ExistingPath(models, key, folder) : null;

    private static CanaryKnobs? ReadCanary(YamlMap models, string folder)
    {
        if (models.OptionalMap("canary") is not { } canary)
        {
            return null;
        }

        var knobs = new CanaryKnobs(TopologyFile.ExistingPath(canary, "model", folder), canary.Number("percent", 5, 0, 100), ReadBy(canary));
        canary.RequireAllRead();
        return knobs;
    }
}
