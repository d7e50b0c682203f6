using System.Text;
using CsCheck;
using StreamScoring.Tests.State;

namespace StreamScoring.Tests.Features;

public sealed class EvictionTests
{
    private const int LatenessSeconds = 4;

    private static readonly (string Yaml, WindowOracle.Query Query)[] Cases =
    [
        .. FeatureCases.All.Where(item => item.Query is { SizeMs: not null, LastCount: 0, Aggregate: not ("last" or "previous" or "seconds_since_last") }),
    ];

    private static readonly string Yaml = YamlOf(Cases);

    [Fact]
    public void Idle_keys_go_at_any_point_and_values_and_digest_stay_what_they_were()
    {
        var evicted = 0L;
        Gen.Select(RandomEvents.Lists(1, 250, LatenessSeconds, keys: 40), Gen.Int[0, 1_000_000]).Sample((events, schedule) =>
        {
            var random = new Random(schedule);
            // One folds all at once and has hardly looked for idle keys when it is done; the other
            // looks at all keys now and then.
            var (kept, evicting) = (new FeatureHarness(Yaml, events.Count), new FeatureHarness(Yaml, 1 + random.Next(30)));
            var expected = kept.Fold(events);
            var actual = evicting.Fold(events, () => EvictSome(evicting, random));
            Assert.Equal(expected, actual);
            FeatureEngineTests.AssertEqualsOracle(events, Cases, actual);
            Assert.Equal(CollectedState.DigestOf(kept.State), CollectedState.DigestOf(evicting.State));
            Interlocked.Add(ref evicted, EvictedOf(evicting) - EvictedOf(kept));
        }, iter: 100);
        Assert.True(evicted > 1000, $"{evicted} keys went in all");
    }

    [Fact]
    public void A_copy_of_the_state_holds_the_keys_that_go_while_it_is_made() =>
        Gen.Int[0, 1_000_000].Sample(seed =>
        {
            var random = new Random(seed);
            // Half of the keys become idle one after the other while the new ones come; the other
            // half stays and is not touched again.
            var before = Enumerable.Range(0, 450).Select(i => (object)RandomEvents.NewPayment(i, i < 225 ? 1_000_000 + (i * 20) : 1_018_000, $"c-{i}")).ToList();
            var after = Enumerable.Range(0, 450).Select(i => (object)RandomEvents.NewPayment(450 + i, 1_020_000 + (i * 12), $"c-{450 + i}")).ToList();
            var (until, harness) = (new FeatureHarness(Yaml), new FeatureHarness(Yaml, 8));
            until.Fold(before);
            harness.Fold(before);
            var copy = new CollectedState();
            harness.State.Request(copy);
            harness.State.Advance(1 << 16);
            harness.Fold(after, () =>
            {
                EvictSome(harness, random);
                // So fast that the table does not grow before it is done, which would make it begin
                // again.
                harness.State.Advance(random.Next(20_000));
            });
            Assert.InRange(EvictedOf(harness), 100, 225);
            while (harness.State.Advance(1000))
            {
            }

            Assert.Equal(CollectedState.DigestOf(until.State), copy.Digest(harness.Engine));
            Assert.Equal(450, copy.KeysOf(harness.Engine, entity: 0));
        }, iter: 60);

    [Fact]
    public void A_payment_from_the_future_evicts_nobody()
    {
        var harness = new FeatureHarness(Yaml);
        harness.Fold([RandomEvents.NewPayment(1, TestBatch.LogTimestampMs - 1000, "c-1"), RandomEvents.NewPayment(2, TestBatch.LogTimestampMs + 86_400_000, "c-2")]);
        harness.Engine.EvictIdle(1 << 20, CollectedState.Of(harness.State).Head!.WatermarkMs);
        Assert.Equal(0, EvictedOf(harness));
        Assert.Equal(2, harness.Engine.Sizes.First().Keys);
    }

    [Fact]
    public void Keys_that_come_and_go_for_ever_take_no_more_memory_than_those_that_are_there_at_a_time()
    {
        var harness = new FeatureHarness(Yaml, 256);
        var bytes = new List<long>();
        for (var round = 0; round < 40; round++)
        {
            var first = round * 2000;
            harness.Fold(Enumerable.Range(first, 2000).Select(i => (object)RandomEvents.NewPayment(i, 1_000_000 + (i * 20L), $"c-{i}")));
            bytes.Add(harness.Engine.Sizes.Sum(size => size.Bytes));
        }

        // Keys that share a block by chance may hold one more of them for a while.
        Assert.InRange(bytes[30..].Min(), 1, bytes[5..10].Max());
    }

    internal static string YamlOf((string Yaml, WindowOracle.Query Query)[] cases)
    {
        var yaml = new StringBuilder($"version: 1\nlateness: {LatenessSeconds}s\nfeatures:\n");
        for (var i = 0; i < cases.Length; i++)
        {
            yaml.AppendLine($"  - {{name: f{i}, {cases[i].Yaml}}}");
        }

        return yaml.ToString();
    }

    private static void EvictSome(FeatureHarness harness, Random random) =>
        harness.Engine.EvictIdle(random.Next(3) * 512, harness.LastWatermarkMs);

    private static long EvictedOf(FeatureHarness harness) => harness.Engine.Evicted.Sum(entity => entity.Idle);
}
