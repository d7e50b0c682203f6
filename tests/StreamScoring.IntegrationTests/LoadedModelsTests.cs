using StreamScoring.Batches;
using StreamScoring.Deployment;
using StreamScoring.Host.Serving;

namespace StreamScoring.IntegrationTests;

public sealed class LoadedModelsTests : IDisposable
{
    private readonly CopiedTopology _file = new();

    public void Dispose() => _file.Dispose();

    [Fact]
    public void A_version_that_never_changes_is_loaded_once_and_lives_as_long_as_somebody_has_it()
    {
        var topology = TopologyFile.Load(_file.FilePath, []);
        var (version, plain) = (Path.Combine(_file.Folder, new string('a', 64)), Path.Combine(_file.Folder, "model"));
        Directory.CreateDirectory(version);
        foreach (var file in Directory.EnumerateFiles(plain))
        {
            File.Copy(file, Path.Combine(version, Path.GetFileName(file)));
        }

        var first = LoadedModels.Load([version, plain], topology, before: null, CancellationToken.None);
        var second = LoadedModels.Load([plain, version], topology, first, CancellationToken.None);
        Assert.Same(first.Of(version), second.Of(version));
        // Its files may be others by now.
        Assert.NotSame(first.Of(plain), second.Of(plain));
        using (var log = LoadedModels.Load([plain, version], TopologyFile.Load(_file.FilePath, ["policy=log"]), second, CancellationToken.None))
        {
            Assert.Same(second.Of(plain), log.Of(plain));
        }

        first.Dispose();
        var model = second.Of(version);
        using (var lane = model.OpenLane([.. Enumerable.Range(0, model.Inputs.Count)], 1))
        {
            var raw = new[] { double.NaN };
            lane.Score(new FeatureMatrix(model.Inputs.Count, 1), [0], raw);
            Assert.True(double.IsFinite(raw[0]));
        }

        second.Dispose();
    }
}
