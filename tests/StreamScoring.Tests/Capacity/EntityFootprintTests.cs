using StreamScoring.Configuration;
using StreamScoring.Deployment.Capacity;

namespace StreamScoring.Tests.Capacity;

/// <summary>
/// The model against reality: what it says of a state, and what that state takes when it is filled.
/// The last case has most of its events in tiles, of which a hot key has 32, 64 and so on: so it
/// may be off by more.
/// </summary>
public sealed class EntityFootprintTests
{
    private const string Sums =
        """
        version: 1
        lateness: 1h
        features:
          - {name: mean_1h, entity: card_id, aggregate: mean, of: amount, window: 1h}
          - {name: mean_1d, entity: card_id, aggregate: mean, of: amount, window: 1d}
        """;

    private const string Wide =
        """
        version: 1
        lateness: 1d
        exact_events: 64
        features:
          - {name: risk_7d, entity: card_id, aggregate: risk, window: 7d, delay: 1d}
          - {name: zscore_1d, entity: card_id, aggregate: zscore, of: amount, window: 1d}
          - {name: merchants_1d, entity: card_id, aggregate: distinct, of: merchant_id, window: 1d}
        """;

    [Theory]
    [InlineData(Sums, 60_000, 0.5, 0.1)]
    [InlineData(Sums, 30_000, 3, 0.1)]
    [InlineData(Sums, 20_000, 10, 0.1)]
    [InlineData(Sums, 3_000, 80, 0.1)]
    [InlineData(Wide, 20_000, 6, 0.1)]
    [InlineData(Wide, 2_000, 60, 0.2)]
    public void Bytes_of_state_and_snapshot_are_near_those_of_a_filled_state(string features, int cards, double paymentsInSight, double tolerance)
    {
        var file = FeatureFiles.Parse("features.yaml", features);
        var filled = new FilledState(file, cards, paymentsInSight);

        // A card without a payment in sight is no key, and the others have one more than the mean
        // of all.
        var keys = cards * paymentsInSight / (1 + paymentsInSight);
        var footprint = EntityFootprint.Of(file.Layouts()[0], keys, new EventsPerKey(1 + paymentsInSight), batchRowsMax: 256);

        Assert.InRange(footprint.Keys / filled.Keys, 0.9, 1.1);
        Assert.InRange(footprint.Bytes / filled.Bytes, 1 - tolerance, 1 + tolerance);
        Assert.InRange(footprint.SnapshotBytes / filled.SnapshotBytes(), 1 - tolerance, 1 + tolerance);
    }
}
