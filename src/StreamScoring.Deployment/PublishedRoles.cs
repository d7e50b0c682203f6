using StreamScoring.Deployment.Registry;

namespace StreamScoring.Deployment;

/// <summary>A topology with the roles that were published.</summary>
public static class PublishedRoles
{
    /// <summary>
    /// As soon as a role was published, all roles are those of the log, but for the champion as
    /// long as none was promoted. A champion that was promoted and has no other before it is
    /// followed by the topology's, which stands in for it.
    /// </summary>
    /// <param name="folderOf">Where a version lies on this machine.</param>
    public static Topology Apply(Topology topology, PublishedModels models, Func<ModelReference, string> folderOf)
    {
        ArgumentNullException.ThrowIfNull(topology);
        ArgumentNullException.ThrowIfNull(models);
        var roles = models.Roles;
        return !models.HasRoles ? topology : topology with
        {
            ModelFolder = FolderOf(roles.Champion) ?? topology.ModelFolder,
            PreviousFolder = roles.Champion is null ? null : FolderOf(roles.Previous) ?? topology.ModelFolder,
            Canary = roles.Canary is { } canary ? new CanaryKnobs(folderOf(canary.Model), canary.Percent, canary.By) : null,
            FallbackFolder = FolderOf(roles.Fallback),
            ShadowFolders = [.. roles.Shadows.Select(folderOf)],
        };

        string? FolderOf(ModelReference? model) => model is { } named ? folderOf(named) : null;
    }
}
