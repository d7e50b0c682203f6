using StreamScoring.Deployment;
using StreamScoring.Host.Serving;
using StreamScoring.TestSupport;

namespace StreamScoring.IntegrationTests;

/// <summary>What a topology names, loaded.</summary>
public sealed class ArtifactsTests
{
    private static readonly string File = Path.Combine(SharedFolder.RepositoryRoot, "topology", "generated", "topology.yaml");

    [Fact]
    public void Settings_for_a_model_that_no_role_has_are_told_with_the_names_there_are()
    {
        var name = NameOf(TopologyFile.Load(File, []));
        using var artifacts = Artifacts.Load(TopologyFile.Load(File, [$"models.engines.{name}.threads=2", "models.engines.genrated.threads=2"]), CancellationToken.None);
        Assert.Equal((File, $"models.engines names genrated, and no model in a role is called that; they are called {name}"), Assert.Single(artifacts.Notices, notice => notice.Notice.Contains("models.engines", StringComparison.Ordinal)));
    }

    private static string NameOf(Topology topology)
    {
        using var artifacts = Artifacts.Load(topology, CancellationToken.None);
        return artifacts.Champion.Name;
    }
}
