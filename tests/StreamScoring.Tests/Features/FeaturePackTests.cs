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

    [Fact]
    public void A_feature_that_is_measured_alone_has_the_values_that_it_has_among_others()
    {
        var events = RandomEvents.Some(7, 300, lateness: 3);
        var whole = new FeatureHarness(File.ReadAllText(Pack)).Fold(events);
        var schema = FeatureFiles.Load(Pack).Schema;
        foreach (var name in schema.Names)
        {
            var feature = schema.IndexOf(name);
            var alone = new FeatureHarness(File.ReadAllText(Pack), only: name).Fold(events);
            Assert.Equal(whole.Select(row => row[feature]), alone.Select(row => row[feature]));
        }
    }

    [Fact]
    public void A_feature_takes_no_more_bytes_alone_than_with_others()
    {
        var file = FeatureFiles.Load(Pack);
        Assert.All(file.Schema.Names, name => Assert.InRange(file.Only([name]).BytesOfPayment, 0, file.BytesOfPayment));
        Assert.Equal(file.BytesOfPayment, file.Only(file.Schema.Names).BytesOfPayment);
        Assert.Equal(0, file.Only([]).BytesOfPayment);
    }
}
