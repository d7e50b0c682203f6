using CsCheck;
using StreamScoring.Tests.State;

namespace StreamScoring.Tests.Features;

public sealed class CeilingTests
{
    private const long BytesMax = 24 << 20;

    private const string Yaml =
        """
        version: 1
        lateness: 0s
        features:
          - {name: count, entity: card_id, aggregate: count, window: 1d}
          - {name: sum, entity: card_id, aggregate: sum, of: amount, window: 10s}
          - {name: merchants, entity: card_id, aggregate: distinct, of: merchant_id, window: 1d}
          - {name: merchant_count, entity: merchant_id, aggregate: count, window: 1d}
          - {name: merchant_ever, entity: merchant_id, aggregate: sum, of: amount, window: ever}
        """;

    [Fact]
    public void A_flood_of_new_keys_stays_below_the_ceiling_and_those_that_were_idle_longest_go()
    {
        var harness = new FeatureHarness(Yaml, 256, BytesMax);
        var most = 0L;
        // Some cards pay all the time, most only once.
        harness.Fold(
            Enumerable.Range(0, 400_000).Select(i => (object)RandomEvents.NewPayment(i, 1_000_000 + i, i % 10 == 0 ? $"regular-{i / 10 % 500}" : $"c-{i}")),
            () => most = Math.Max(most, harness.Engine.Bytes.Allocated));
        var (allocated, max) = harness.Engine.Bytes;
        Assert.InRange(most, max / 2, max);
        Assert.Equal(allocated, harness.Engine.Sizes.Sum(size => size.Bytes));
        Assert.Equal(0, harness.Engine.TimesCeilingExceeded);
        Assert.True(harness.Engine.Evicted.First().Early > 100_000);

        // Those that pay all the time were never idle, so their past is whole.
        var regulars = harness.Fold(Enumerable.Range(0, 500).Select(i => (object)RandomEvents.NewPayment(400_000 + i, 1_400_000, $"regular-{i}")), out var approximate);
        Assert.All(regulars, features => Assert.Equal(81, features[0]));
        Assert.All(approximate, Assert.False);
    }

    [Fact]
    public void A_flood_dated_a_year_ahead_displaces_nobody_who_pays_meanwhile_or_afterwards()
    {
        const long Year = 364L * 86_400_000;
        var harness = new FeatureHarness(Yaml, 256, BytesMax, StreamScoring.Logs.LogClock.BlockRecordsDefault);
        harness.Fold(Enumerable.Range(0, 300_000).Select(i => (object)(
            i % 10 == 0 ? RandomEvents.NewPayment(i, 1_000_000 + i, $"regular-{i / 10 % 500}") : RandomEvents.NewPayment(i, 1_000_000 + i + Year, $"c-{i}"))));
        Assert.True(harness.Engine.Evicted.First().Early > 50_000);
        var regulars = harness.Fold(Enumerable.Range(0, 500).Select(i => (object)RandomEvents.NewPayment(300_000 + i, 1_300_000, $"regular-{i}")), out var approximate);
        Assert.All(regulars, features => Assert.Equal(61, features[0]));
        Assert.All(approximate, Assert.False);

        // What the flood left is the first to go.
        harness.Fold(Enumerable.Range(0, 40_000).Select(i => (object)RandomEvents.NewPayment(400_000 + i, 1_400_000 + i, $"customer-{i}")));
        var customers = harness.Fold(Enumerable.Range(20_000, 20_000).Select(i => (object)RandomEvents.NewPayment(500_000 + i, 1_500_000 + i, $"customer-{i}")));
        Assert.All(customers, features => Assert.Equal(2, features[0]));
    }

    [Fact]
    public void A_decision_that_an_evicted_key_touches_is_flagged_until_what_was_lost_is_out_of_sight()
    {
        var harness = new FeatureHarness(Yaml, 256, BytesMax);
        harness.Fold(Enumerable.Range(0, 300_000).Select(i => (object)RandomEvents.NewPayment(i, 1_000_000 + i, $"c-{i}")));
        var lost = harness.Fold([RandomEvents.NewPayment(300_001, 1_300_000, "c-1"), RandomEvents.NewPayment(300_002, 1_300_000, "c-299999")], out var approximate);
        Assert.Equal([1.0, 2.0], lost.Select(features => features[0]));
        Assert.Equal([true, false], approximate);

        const long day = 86_400_000;
        harness.Fold([RandomEvents.NewPayment(300_003, 1_002_000 + day, "c-1"), RandomEvents.NewPayment(300_004, 1_301_000 + day, "c-1")], out approximate);
        Assert.Equal([true, false], approximate);
    }

    [Fact]
    public void What_is_held_is_right_and_what_was_lost_is_flagged_whatever_the_keys_and_their_sizes()
    {
        var evicted = 0L;
        Gen.Int[0, 1_000_000].Sample(seed =>
        {
            var random = new Random(seed);
            var harness = new FeatureHarness(Yaml, 200, 6 << 20);
            var next = 0;
            var (counts, merchants, sums) = (new Dictionary<string, int>(), new Dictionary<string, HashSet<string>>(), new Dictionary<string, long>());
            for (var phase = 0; phase < 12; phase++)
            {
                // In turn many keys with few events, and fewer with more and more: blocks of one
                // size give way to blocks of another.
                var (cards, shops) = phase % 3 == 0 ? (40_000, 3) : (10 << random.Next(10), 1 << random.Next(12));
                var events = Enumerable.Range(0, 4000).Select(_ => RandomEvents.NewPayment(next, 1_000_000 + next++, $"c-{random.Next(cards)}") with
                {
                    MerchantId = $"m-{random.Next(shops)}",
                    AmountMinor = random.Next(1000),
                }).ToList();
                var actual = harness.Fold(events, out var approximate);
                for (var i = 0; i < events.Count; i++)
                {
                    var (card, shop) = (events[i].CardId!, events[i].MerchantId!);
                    var count = counts[card] = counts.GetValueOrDefault(card) + 1;
                    merchants.TryAdd(card, []);
                    merchants[card].Add(shop);
                    sums[shop] = sums.GetValueOrDefault(shop) + events[i].AmountMinor;
                    var isRight = actual[i][0] == count && actual[i][2] == merchants[card].Count && Math.Abs(actual[i][4] - (sums[shop] / 100.0)) < 1e-6;
                    Assert.True(isRight || approximate[i], $"payment {i} of phase {phase} is wrong and not flagged");
                    Assert.True(actual[i][0] <= count);
                }

                Assert.True(harness.Engine.Bytes.Allocated <= harness.Engine.Bytes.Max);
            }

            Assert.Equal(0, harness.Engine.TimesCeilingExceeded);
            Interlocked.Add(ref evicted, harness.Engine.Evicted.Sum(entity => entity.Early));
        }, iter: 8);
        Assert.True(evicted > 10_000, $"{evicted} keys went in all");
    }

    [Fact]
    public void A_snapshot_remembers_whose_past_was_lost()
    {
        var harness = new FeatureHarness(Yaml, 256, BytesMax);
        harness.Fold(Enumerable.Range(0, 300_000).Select(i => (object)RandomEvents.NewPayment(i, 1_000_000 + i, $"c-{i}")));
        harness.Fold([RandomEvents.NewPayment(300_001, 1_300_000, "c-1")]);
        var restored = new FeatureHarness(Yaml, 256, BytesMax);
        CollectedState.Restore(restored.State, CollectedState.Of(harness.State).ToFile(harness.Engine));
        // One came back before the snapshot, one comes back after it.
        restored.Fold([RandomEvents.NewPayment(300_002, 1_300_001, "c-1"), RandomEvents.NewPayment(300_003, 1_300_001, "c-2")], out var approximate);
        Assert.All(approximate, Assert.True);
        Assert.True(restored.Engine.Bytes.Allocated <= restored.Engine.Bytes.Max);
    }

    [Fact]
    public void A_snapshot_that_is_larger_than_the_ceiling_is_restored_below_it_and_what_did_not_fit_is_flagged()
    {
        var harness = new FeatureHarness(Yaml, 256);
        harness.Fold(Enumerable.Range(0, 200_000).Select(i => (object)RandomEvents.NewPayment(i, 1_000_000 + i, $"c-{i}")));
        Assert.Equal(0, harness.Engine.Evicted.Sum(entity => entity.Early));
        var restored = new FeatureHarness(Yaml, 256, BytesMax);
        CollectedState.Restore(restored.State, CollectedState.Of(harness.State).ToFile(harness.Engine));
        Assert.True(restored.Engine.Bytes.Allocated <= restored.Engine.Bytes.Max);
        Assert.Equal(0, restored.Engine.TimesCeilingExceeded);
        var features = restored.Fold(Enumerable.Range(0, 200_000).Select(i => (object)RandomEvents.NewPayment(200_000 + i, 1_200_000, $"c-{i}")), out var approximate);
        Assert.All(features.Zip(approximate), item => Assert.True(item.First[0] == 2 || (item.First[0] == 1 && item.Second)));
        Assert.Contains(approximate, isApproximate => isApproximate);
    }
}
