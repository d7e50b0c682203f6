using StreamScoring.TestSupport;

namespace StreamScoring.IntegrationTests;

/// <summary>
/// Records that retention, or an operator, deleted before they were read. All others are decided,
/// and what is gone is said.
/// </summary>
public sealed class DeletedRecordsTests(KafkaCluster cluster) : IClassFixture<KafkaCluster>
{
    [SharedTheory]
    [InlineData("region")]
    [InlineData("none")]
    public async Task A_log_whose_first_records_are_gone_at_the_start_is_decided_from_what_is_there(string follow)
    {
        using var topics = new TestTopics(cluster, $"trim-start-{follow}");
        await topics.CreateAsync();
        await topics.PublishAsync("a", 50);
        await topics.TrimAsync(topics.Payments, 7);
        var run = await topics.RunUntilIdleAsync("--set", $"follow={follow}");
        Assert.Contains("\"decisions\":43,", run.Errors, StringComparison.Ordinal);
        Assert.Contains($"eu/{topics.Payments}/0 begins at offset 7: 7 records were deleted before they were decided", run.Errors, StringComparison.Ordinal);
        Assert.Equal(43, (await topics.DecisionsAsync("a")).Count);
    }

    [SharedFact]
    public async Task Decisions_and_a_snapshot_that_end_before_the_log_begins_hold_nobody_up()
    {
        using var topics = new TestTopics(cluster, "trim-restart");
        await topics.CreateAsync();
        await topics.PublishAsync("a", 10);
        await topics.RunUntilIdleAsync();
        await topics.PublishAsync("b", 10);
        await topics.TrimAsync(topics.Payments, 14);
        var run = await topics.RunUntilIdleAsync();
        Assert.Contains("begins at offset 14: 4 records were deleted before they were folded", run.Errors, StringComparison.Ordinal);
        Assert.Contains("begins at offset 14: 4 records were deleted before they were decided", run.Errors, StringComparison.Ordinal);
        var decisions = await topics.DecisionsAsync("b");
        Assert.Equal(6, decisions.Count);
        Assert.Equal(16, TestTopics.CountOf(decisions["b-9"]));
    }

    [SharedFact]
    public async Task Labels_whose_first_records_are_gone_are_folded_from_what_is_there()
    {
        using var topics = new TestTopics(cluster, "trim-labels");
        await topics.CreateAsync();
        await topics.PublishAsync("a", 1);
        await cluster.ProduceByKcatAsync(topics.Labels, Enumerable.Range(0, 20).Select(i =>
            $"{{\"payment_id\":\"a-0\",\"event_time\":1700000000000,\"known_at\":{1_700_000_000_000 + i},\"fraud\":true,\"customer_id\":\"c-1\",\"terminal_id\":\"t-1\"}}"));
        await topics.TrimAsync(topics.Labels, 5);
        var run = await topics.RunUntilIdleAsync();
        Assert.Contains("{\"records\":16,\"decisions\":1,", run.Errors, StringComparison.Ordinal);
        Assert.Contains($"eu/{topics.Labels}/0 begins at offset 5: 5 records were deleted before they were folded", run.Errors, StringComparison.Ordinal);
    }

    [SharedFact]
    public async Task A_reader_that_retention_overtakes_goes_on_from_what_is_there_and_counts_what_is_gone()
    {
        const int count = 2000, left = 5;
        using var topics = new TestTopics(cluster, "trim-running");
        await topics.CreateAsync();
        using var run = topics.Start();
        await run.SaysAsync("ready:");
        await topics.PublishAsync("a", 10);
        await topics.DecidedAsync("a", 10);
        await run.SignalAsync("STOP");
        try
        {
            // The broker answers the request that the process left open with this one. It asks for
            // no more while it stands still.
            await topics.PublishAsync("open", 1);
            await topics.PublishAsync("b", count);
            await topics.TrimAsync(topics.Payments, 10 + 1 + count - left);
        }
        finally
        {
            await run.SignalAsync("CONT");
        }

        await run.SaysAsync("records were deleted before they were decided");
        var decisions = await topics.DecidedAsync("b", left, last: $"b-{count - 1}");
        Assert.All(Enumerable.Range(count - left, left), i => Assert.True(decisions.ContainsKey($"b-{i}"), $"b-{i} is not decided"));
        using var http = new HttpClient { BaseAddress = new Uri(AddressOf(run)) };
        var gone = $"scoring_records_gone_total{{region=\"eu\",topic=\"{topics.Payments}\",partition=\"0\",before=\"decision\"}}";
        var open = (await topics.DecisionsAsync("open")).Count;
        await MetricsPage.OnceAsync(http, metrics => metrics.GetValueOrDefault(gone) == 1 - open + count - left);
    }

    private static string AddressOf(RunningProcess run) => run.Said.Split('\n').First(line => line.StartsWith("ready:", StringComparison.Ordinal)).Split("; ")[^1][..^"/metrics".Length];
}
