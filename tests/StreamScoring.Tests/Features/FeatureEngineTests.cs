using System.Text;
using CsCheck;
using StreamScoring.Contracts;
using StreamScoring.Workloads;
using Query = StreamScoring.Tests.Features.WindowOracle.Query;

namespace StreamScoring.Tests.Features;

public sealed class FeatureEngineTests
{
    [Fact]
    public void Every_aggregate_and_window_equals_a_count_from_scratch_whatever_the_order_of_arrival() =>
        Gen.Select(Gen.OneOf([.. new[] { 0, 3, 30, 120 }.Select(late => RandomEvents.Lists(1, 120, late))]), Gen.Int[1, 50])
            .Sample((events, batchRows) => AssertEqualsOracle(events, FeatureCases.All, batchRows), iter: 150);

    [Fact]
    public void Aggregates_by_label_over_all_of_the_past_equal_a_count_from_scratch_whatever_the_order_of_arrival() =>
        Gen.Select(Gen.OneOf([.. new[] { 0, 3, 30 }.Select(late => RandomEvents.Lists(1, 120, late))]), Gen.Int[1, 50])
            .Sample((events, batchRows) => AssertEqualsOracle(events, FeatureCases.ByLabelForEver, batchRows), iter: 100);

    [Fact]
    public void Labels_of_busy_keys_change_what_the_index_says() =>
        RandomEvents.Lists(500, 500, latenessMax: 3, keys: 1).Sample(events => AssertEqualsOracle(events, [.. FeatureCases.ByLabelForEver, .. FeatureCases.All.Where(item => item.Query.Label is not null)], batchRows: 40), iter: 6);

    [Fact]
    public void Long_histories_drop_what_no_window_sees_and_stay_exact() =>
        RandomEvents.Lists(400, 400, latenessMax: 0, keys: 1).Sample(events =>
        {
            // Lateness of the file: 7 d by default, here none, so that trimming begins at once.
            var finite = FeatureCases.All.Where(item => !item.Yaml.Contains("ever", StringComparison.Ordinal) || !item.Yaml.Contains("distinct", StringComparison.Ordinal)).ToArray();
            AssertEqualsOracle(events, finite, batchRows: 33, "lateness: 0s\n");
        }, iter: 12);

    [Fact]
    public void Events_that_no_window_can_see_are_given_up()
    {
        var harness = new FeatureHarness("version: 1\nlateness: 0s\nfeatures:\n  - {name: f, entity: card_id, aggregate: sum, of: amount, window: 10s}\n");
        harness.Fold(Enumerable.Range(0, 10_000).Select(i => RandomEvents.NewPayment(i, 1_000_000 + (i * RandomEvents.Second), "c-1")));
        Assert.True(harness.Engine.CountEvents() < 64, $"{harness.Engine.CountEvents()} events are kept");
    }

    [Theory]
    [InlineData("")]
    [InlineData("exact_events: 16\n")]
    public void Folding_in_steady_state_allocates_nothing(string head)
    {
        var yaml = new StringBuilder($"version: 1\nlateness: 0s\n{head}features:\n");
        for (var i = 0; i < FeatureCases.All.Length; i++)
        {
            if (!FeatureCases.All[i].Yaml.Contains("ever", StringComparison.Ordinal))
            {
                yaml.AppendLine($"  - {{name: f{i}, {FeatureCases.All[i].Yaml}}}");
            }
        }

        var file = StreamScoring.Configuration.FeatureFiles.Parse("f.yaml", yaml.ToString());
        var engine = new StreamScoring.Features.FeatureEngine(file);
        var decoder = new StreamScoring.Ingest.RecordDecoder(file.Layout, new StreamScoring.Ingest.IngestLimits(), TestBatch.Logs);
        var batch = new StreamScoring.Batches.PaymentBatch(file.Layout, 64, 64 * 1024);
        for (var i = 0; i < 64; i++)
        {
            var json = $$"""{"payment_id":"p-{{i}}","event_time":{{1_000_000 + i}},"amount_minor":{{i}},"currency":"EUR","card_id":"c-{{i % 4}}","merchant_id":"m-1"}""";
            batch.Append(TestBatch.Payments, i, TestBatch.LogTimestampMs, decide: true, Encoding.UTF8.GetBytes(json), int.MaxValue);
        }

        decoder.Decode(batch);
        for (var round = 0; round < 200; round++)
        {
            Advance(batch);
            engine.Enrich(batch);
        }

        Assert.Equal(0, AllocationMeter.LeastBytes(() =>
        {
            Advance(batch);
            engine.Enrich(batch);
        }));

        static void Advance(StreamScoring.Batches.PaymentBatch batch)
        {
            for (var i = 0; i < batch.RowCount; i++)
            {
                batch.EventTimeMs[i] += 5000;
                batch.WatermarkMs[i] = batch.EventTimeMs[i];
            }
        }
    }

    private static void AssertEqualsOracle(List<object> events, (string Yaml, Query Query)[] cases, int batchRows, string head = "")
    {
        var yaml = new StringBuilder($"version: 1\n{head}features:\n");
        for (var i = 0; i < cases.Length; i++)
        {
            yaml.AppendLine($"  - {{name: f{i}, {cases[i].Yaml}}}");
        }

        AssertEqualsOracle(events, cases, new FeatureHarness(yaml.ToString(), batchRows).Fold(events));
    }

    /// <param name="actual">For each payment, its features in the order of the cases.</param>
    internal static void AssertEqualsOracle(List<object> events, (string Yaml, Query Query)[] cases, List<double[]> actual)
    {
        var oracle = new WindowOracle();
        var queries = cases.Select(item => item.Query).ToList();
        var index = 0;
        foreach (var item in events)
        {
            if (item is Label label)
            {
                oracle.Fold(label);
                continue;
            }

            var expected = oracle.Fold((Payment)item, queries);
            for (var i = 0; i < cases.Length; i++)
            {
                Assert.True(AreClose(expected[i], actual[index][i]), $"{cases[i].Yaml}: payment {index} is {actual[index][i]}, expected {expected[i]}");
            }

            index++;
        }
    }

    internal static bool AreClose(double expected, double actual) =>
        double.IsNaN(expected) || double.IsNaN(actual)
            ? double.IsNaN(expected) == double.IsNaN(actual)
            : Math.Abs(expected - actual) <= 1e-9 + (1e-9 * Math.Abs(expected));
}
