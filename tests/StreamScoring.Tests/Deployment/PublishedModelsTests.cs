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
            .With(new ModelRoles(B.Model, [C.Model]) { Previous = A.Model, Fallback = C.Model, Canary = new CanaryRole(C.Model, 12.5, TextField.CustomerId) }.WithAlias("b@march", B.Model).WithAlias("a@old", A.Model), isRollback: false);
        var read = PublishedModels.Read(models.ToText());
        Assert.Equal(models.ToText(), read.ToText());
        Assert.Equal(models.Roles.All, read.Roles.All);
        Assert.Equal((models.Roles.Canary, "a"), (read.Roles.Canary, Assert.Single(read.Before).Name));
        Assert.Equal([A, B, C], read.Versions);
        Assert.Equal([("a@old", "a"), ("b@march", "b")], read.Roles.Aliases.Select(alias => (alias.Key, alias.Value.Name)));
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
    [InlineData("version: 1\naliases: {b@x: {A}}\nversions:\n  - {model: {A}, files: sha256:0, bytes: 1, offset: 0}\n", "is no alias of a")]
    [InlineData("version: 1\naliases: {a@x: {A}}\nversions: []\n", "a@x is a@sha256:")]
    public void What_is_wrong_is_refused(string text, string said) =>
        Assert.Contains(said, Assert.Throws<InvalidInputFileException>(() => PublishedModels.Read(text.Replace("{A}", $"{A.Model}", StringComparison.Ordinal))).Message, StringComparison.Ordinal);

    [Fact]
    public void As_soon_as_a_role_is_published_all_are_the_logs_but_for_a_champion_that_nobody_promoted()
    {
        var topology = _file.Load() with { Canary = new CanaryKnobs("/own", 7, TextField.CardId), FallbackFolder = "/small", ShadowFolders = ["/shadow"], PreviousFolder = "/before" };
        // A version alone gives nobody a role.
        Assert.Equal(topology, Apply(PublishedModels.None));
        Assert.Equal(topology, Apply(PublishedModels.None.With(A)));
        var shadow = Apply(PublishedModels.None.With(B).With(ModelRoles.None with { Shadows = [B.Model] }, isRollback: false));
        Assert.Equal((topology.ModelFolder, null, null, null), (shadow.ModelFolder, shadow.PreviousFolder, shadow.Canary, shadow.FallbackFolder));
        Assert.Equal(["/b"], shadow.ShadowFolders);
        // Taken away it is no one's, and not the file's again.
        var models = PublishedModels.None.With(B).With(ModelRoles.None with { Shadows = [B.Model] }, isRollback: false).With(ModelRoles.None, isRollback: false);
        Assert.Empty(Apply(PublishedModels.Read(models.ToText())).ShadowFolders);
        // The topology's champion stands in for the first one that is promoted.
        var first = Apply(PublishedModels.None.With(A).With(ModelRoles.None with { Champion = A.Model }, isRollback: false));
        Assert.Equal(("/a", topology.ModelFolder), (first.ModelFolder, first.PreviousFolder));
        var second = Apply(PublishedModels.None.With(A).With(B).With(C).With(
            new ModelRoles(B.Model, []) { Previous = A.Model, Fallback = C.Model, Canary = new CanaryRole(C.Model, 5, TextField.CardId) }, isRollback: false));
        Assert.Equal(("/b", "/a", new CanaryKnobs("/c", 5, TextField.CardId), "/c"), (second.ModelFolder, second.PreviousFolder, second.Canary, second.FallbackFolder));

        Topology Apply(PublishedModels models) => PublishedRoles.Apply(topology, models, FolderOf);
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
