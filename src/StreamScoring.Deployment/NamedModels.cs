using StreamScoring.Configuration;
using StreamScoring.Deployment.Registry;

namespace StreamScoring.Deployment;

/// <summary>Folders of models by role: those that a topology names, or those of a registry.
/// </summary>
/// <param name="Registry">Null where the topology names them.</param>
internal sealed record NamedModels(string? Registry, string Champion, IReadOnlyList<string> Shadows)
{
    /// <param name="folder">Of the topology file.</param>
    /// <exception cref="InvalidInputFileException">A folder is not there, or both say which models
    /// there are.</exception>
    public static NamedModels Read(YamlMap models, string folder)
    {
        if (!models.Has("registry"))
        {
            return new NamedModels(
                null, TopologyFile.ExistingPath(models, "champion", folder), [.. models.Texts("shadows").Select(path => TopologyFile.ExistingPath(models, "shadows", path, folder))]);
        }

        if (models.Has("champion") || models.Has("shadows"))
        {
            throw models.Error(models.Has("champion") ? "champion" : "shadows", "goes without models.registry: the roles of a registry are those of its roles.yaml (scoring models promote, role)");
        }

        var registry = ModelRegistry.Open(TopologyFile.ExistingPath(models, "registry", folder));
        var roles = registry.Roles();
        return roles.Champion is not { } champion
            ? throw models.Error("registry", $"names {registry.Folder}, which has no champion yet; scoring models promote NAME --registry {registry.Folder} --why TEXT makes one")
            : new NamedModels(registry.Folder, registry.FolderOf(champion), [.. roles.Shadows.Select(registry.FolderOf)]);
    }
}
