using StreamScoring.Deployment;
using StreamScoring.Identity;

namespace StreamScoring.Host.Serving;

/// <summary>What whoever runs a topology should know of how its ids are hashed.</summary>
internal static class IdentityNotice
{
    /// <summary>What is said of a topology file that gives no secret, behind its name.</summary>
    public const string Text =
        ": identity.secret is not set, so ids are hashed by a secret for development that anybody can read; "
        + "in production set identity.secret or identity.secretFile, the same for all processes and regions (docs/topology.md, Identity)";

    /// <summary>Whether the topology gives no secret.</summary>
    public static bool IsDue(Topology topology) => topology.Identity == IdentityHash.Development;
}
