using StreamScoring.Configuration;
using StreamScoring.Contracts;
using StreamScoring.Deployment;
using StreamScoring.Deployment.Registry;

namespace StreamScoring.Tests.Deployment;

public sealed class PublishedModelsTests : IDisposable
{
    private static readonly PublishedVersion A = Version("a"), B = Version("b"), C = Version("c");

    private readonly SampleTopology _file = new();

    public void Dispose() => _file.Dispose();

    [Fact]
    public void The_text_holds_all_of_it()
    {
        var models = PublishedModels.None.With(A).With(B).With(C)
            .With(ModelRoles.None with { Champion = A.Model }, isRollback: false)
            .With(new ModelRoles(B.Model, [C.Model]) { Previous = A.Model, Fallback = C.Model, Canary = new CanaryRole(C.Model, 12.5, TextField.CustomerId) }, isRollback: false);
        var read = PublishedModels.Read(models.ToText());
        Assert.Equal(models.ToText(), read.ToText());
        Assert.Equal(models.Roles.All, read.Roles.All);
        Assert.Equal((models.Roles.Canary, "a"), (read.Roles.Canary, Assert.Single(read.Before).Name));
        Assert.Equal([A, B, C], read.Versions);
        Assert.Empty(PublishedModels.Read(null).Versions);
    }

    [Fact]
    public void Each_rollback_goes_one_further_back_and_a_promotion_begins_anew()
    {
        var models = PublishedModels.None.With(A).With(B).With(C);
        foreach (var version in new[] { A, B, C })
        {
            models = models.With(models.Roles with { Champion = version.Model }, isRollback: false);
        }

        Assert.Equal(["b", "a"], models.Before.Select(before => before.Name));
        models = models.With(models.Roles with { Champion = B.Model }, isRollback: true);
        Assert.Equal(["a"], models.Before.Select(before => before.Name));
        // A shadow is no champion.
        models = models.With(models.Roles with { Shadows = [C.Model] }, isRollback: false);
        Assert.Equal(["a"], models.Before.Select(before => before.Name));
        models = models.With(models.Roles with { Champion = C.Model }, isRollback: false);
        Assert.Equal(["b", "a"], models.Before.Select(before => before.Name));
    }

    [Fact]
    public void A_version_that_is_published_again_is_the_newest()
    {
        var again = A with { Offset = 7 };
        Assert.Equal([B, again], PublishedModels.None.With(A).With(B).With(again).Versions);
    }

    [Theory]
    [InlineData("version: 1\nchampion: {A}\nversions: []\n", "champion is a@sha256:")]
    [InlineData("version: 2\nversions: []\n", "version")]
    [InlineData("version: 1\nversions:\n  - {model: {A}, files: sha256:12, bytes: 1, offset: 0}\n", "files")]
    [InlineData("version: 1\nversions:\n  - {model: {A}, bytes: 0, offset: 0}\n", "files is missing")]
    [InlineData("version: 1\nother: 1\n", "other")]
    public void What_is_wrong_is_refused(string text, string said) =>
        Assert.Contains(said, Assert.Throws<InvalidInputFileException>(() => PublishedModels.Read(text.Replace("{A}", $"{A.Model}", StringComparison.Ordinal))).Message, StringComparison.Ordinal);

    [Fact]
    public void A_role_that_was_not_published_is_the_topologys_whose_champion_stands_in_for_the_first_one()
    {
        var topology = _file.Load();
        Assert.Equal(topology, PublishedRoles.Apply(topology, ModelRoles.None, FolderOf));
        var first = PublishedRoles.Apply(topology, ModelRoles.None with { Champion = A.Model, Shadows = [B.Model] }, FolderOf);
        Assert.Equal(("/a", topology.ModelFolder, null, topology.FallbackFolder), (first.ModelFolder, first.PreviousFolder, first.Canary, first.FallbackFolder));
        Assert.Equal(["/b"], first.ShadowFolders);
        var second = PublishedRoles.Apply(topology, new ModelRoles(B.Model, []) { Previous = A.Model, Fallback = C.Model, Canary = new CanaryRole(C.Model, 5, TextField.CardId) }, FolderOf);
        Assert.Equal(("/b", "/a", new CanaryKnobs("/c", 5, TextField.CardId), "/c"), (second.ModelFolder, second.PreviousFolder, second.Canary, second.FallbackFolder));
    }

    [Fact]
    public void Slices_are_told_by_their_keys()
    {
        var hex = new string('a', 64);
        Assert.Equal(12, ModelChunk.IndexIn(ModelChunk.KeyOf(hex, 12), hex));
        Assert.Equal(-1, ModelChunk.IndexIn(ModelChunk.KeyOf(hex, 12), new string('b', 64)));
        foreach (var key in new[] { "", "[]", "{}", "null", "[1,2]", $"[\"{hex}\",-1]", $"[\"{hex}\",1.5]", $"[\"{hex}\",99999999999]", $"[\"{hex}\",1,2]", "[\"\\ud800\",1]" })
        {
            Assert.Equal(-1, ModelChunk.IndexIn(System.Text.Encoding.UTF8.GetBytes(key), hex));
        }

        Assert.Equal((1, 1), (ModelChunk.CountOf(1), ModelChunk.CountOf(ModelChunk.BytesMax)));
        Assert.Equal((2, 1), (ModelChunk.CountOf(ModelChunk.BytesMax + 1), ModelChunk.BytesOf(ModelChunk.BytesMax + 1, 1)));
    }

    private static string FolderOf(ModelReference model) => $"/{model.Name}";

    private static PublishedVersion Version(string name) => new(new ModelReference(name, "sha256:" + new string(name[0], 64)), "sha256:" + new string('0', 64), 10, 3);
}
