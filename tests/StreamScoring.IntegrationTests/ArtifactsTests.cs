using StreamScoring.Configuration;
using StreamScoring.Deployment;
using StreamScoring.Host.Serving;
using StreamScoring.Scoring;
using StreamScoring.Signals;
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

    [Fact]
    public void While_running_a_shadow_that_is_gone_or_does_not_fit_is_left_out_and_the_others_are_loaded()
    {
        using var file = new CopiedTopology();
        var model = Path.Combine(file.Folder, "model");
        // Of other features: it loads, and the file does not compute them.
        var unfit = Path.Combine(SharedFolder.RepositoryRoot, "topology", "handbook", "model");
        var broken = Copied("broken", text => text.Replace("amount_major", "nowhere", StringComparison.Ordinal));
        var fit = Copied("fit", text => text.Replace("name: \"generated\"", "name: \"second\"", StringComparison.Ordinal));
        var topology = TopologyFile.Load(file.FilePath, []) with { ShadowFolders = [broken, Path.Combine(file.Folder, "gone"), unfit, fit] };
        var said = new List<string>();
        using var meter = new EngineMeter();
        var failures = new ModelFailures(meter, new TextLogger((_, text) => said.Add(text)));
        using (var artifacts = Artifacts.Load(topology, FeatureFiles.Load(topology.FeatureFile), failures, CancellationToken.None, leavesShadowsOut: true))
        {
            Assert.StartsWith("second@", Assert.Single(artifacts.ShadowIds), StringComparison.Ordinal);
        }

        Assert.Collection(said, first => Assert.Contains(broken, first, StringComparison.Ordinal), second => Assert.Contains("folder is gone; add it again", second, StringComparison.Ordinal), third => Assert.Contains(unfit, third, StringComparison.Ordinal));
        Assert.Throws<InvalidInputFileException>(() => Artifacts.Load(topology, CancellationToken.None));
        Assert.Throws<InvalidInputFileException>(() => Artifacts.Load(
            topology with { ModelFolder = broken }, FeatureFiles.Load(topology.FeatureFile), failures, CancellationToken.None, leavesShadowsOut: true));

        string Copied(string name, Func<string, string> change)
        {
            var folder = Directory.CreateDirectory(Path.Combine(file.Folder, name)).FullName;
            foreach (var of in Directory.EnumerateFiles(model))
            {
                System.IO.File.Copy(of, Path.Combine(folder, Path.GetFileName(of)));
            }

            var card = Path.Combine(folder, "card.yaml");
            System.IO.File.WriteAllText(card, change(System.IO.File.ReadAllText(card)));
            return folder;
        }
    }

    private static string NameOf(Topology topology)
    {
        using var artifacts = Artifacts.Load(topology, CancellationToken.None);
        return artifacts.Champion.Name;
    }
}
