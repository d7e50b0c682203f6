using StreamScoring.Deployment.Registry;

namespace StreamScoring.Deployment;

/// <summary>A topology with the roles that were published.</summary>
public static class PublishedRoles
{
    /// <summary>
    /// Each published role is in the place of the topology's. A champion that was published and has
    /// no other before it is followed by the topology's, which stands in for it.
    /// </summary>
    /// <param name="folderOf">Where a version lies on this machine.</param>
    public static Topology Apply(Topology topology, ModelRoles roles, Func<ModelReference, string> folderOf)
    {
        ArgumentNullException.ThrowIfNull(topology);
        ArgumentNullException.ThrowIfNull(roles);
        return topology with
        {
            ModelFolder = FolderOf(roles.Champion) ?? topology.ModelFolder,
            PreviousFolder = roles.Champion is null ? topology.PreviousFolder : FolderOf(roles.Previous) ?? topology.ModelFolder,
            Canary = roles.Canary is { } canary ? new CanaryKnobs(folderOf(canary.Model), canary.Percent, canary.By) : topology.Canary,
            FallbackFolder = FolderOf(roles.Fallback) ?? topology.FallbackFolder,
            ShadowFolders = roles.Shadows.Count > 0 ? [.. roles.Shadows.Select(folderOf)] : topology.ShadowFolders,
        };

        string? FolderOf(ModelReference? model) => model is { } named ? folderOf(named) : null;
    }
}
