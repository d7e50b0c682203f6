using StreamScoring.Deployment;
using StreamScoring.Identity;

namespace StreamScoring.Host.Serving;

/// <summary>What whoever runs a topology should know of how its ids are hashed.</summary>
internal static class IdentityNotice
{
    /// <returns>Null where the topology gives a secret.</returns>
    public static string? Of(Topology topology) => topology.Identity != IdentityHash.Development ? null
        : $"{topology.File}: identity.secret is not set, so ids are hashed by a secret for development that anybody can read; "
            + "in production set identity.secret or identity.secretFile, the same for all processes and regions (docs/topology.md, Identity)";
}
