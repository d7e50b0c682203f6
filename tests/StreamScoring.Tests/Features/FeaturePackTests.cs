using StreamScoring.Configuration;
using StreamScoring.TestSupport;

namespace StreamScoring.Tests.Features;

public sealed class FeaturePackTests
{
    private static readonly string Pack = Path.Combine(SharedFolder.RepositoryRoot, "topology", "packs", "velocity.yaml");

    [Fact]
    public void The_velocity_pack_has_some_sixty_features_and_says_what_each_is()
    {
        var schema = FeatureFiles.Load(Pack).Schema;
        Assert.InRange(schema.Names.Count, 55, 75);
        Assert.DoesNotContain(schema.Texts.Zip(schema.Names), feature => feature.First == feature.Second);
        Assert.Equal(schema.Texts.Count, schema.Names.Distinct().Count());
    }
}
