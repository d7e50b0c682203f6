using StreamScoring.Client;
using StreamScoring.TestSupport;

namespace StreamScoring.IntegrationTests;

/// <summary>
/// Topics that were deleted and made again: positions of the former ones say nothing of those that
/// are there.
/// </summary>
public sealed class TopicMadeAnewTests(KafkaCluster cluster) : IClassFixture<KafkaCluster>
{
    [SharedTheory]
    [InlineData("idempotent")]
    [InlineData("transactional")]
    public async Task Payments_that_were_made_anew_between_two_runs_are_all_decided_and_what_was_folded_stays(string delivery)
    {
        using var topics = new TestTopics(cluster, $"anew-{delivery}");
        await topics.CreateAsync();
        await topics.PublishAsync("a", 40);
        await topics.RunUntilIdleAsync("--set", $"delivery={delivery}");
        await topics.MakeAnewAsync(topics.Payments);
        await topics.PublishAsync("b", 25);
        // Published into the former topic too: known for a duplicate.
        await cluster.ProduceByKcatAsync(topics.Payments, [TestTopics.PaymentOf("a-7", 7)]);
        var run = await topics.RunUntilIdleAsync("--set", $"delivery={delivery}");
        Assert.Contains("{\"records\":26,\"decisions\":26,\"dead_letters\":0,\"folded\":0}", run.Errors, StringComparison.Ordinal);
        Assert.Contains($"topic eu/{topics.Payments} was made anew", run.Errors, StringComparison.Ordinal);
        var decisions = await topics.DecisionsAsync("b");
        Assert.Equal(25, decisions.Count);
        Assert.Equal(65, TestTopics.CountOf(decisions["b-24"]));
    }

    [SharedFact]
    public async Task Payments_that_are_made_anew_while_a_process_runs_are_all_decided()
    {
        using var topics = new TestTopics(cluster, "anew-running");
        await topics.CreateAsync();
        using var run = topics.Start();
        await run.SaysAsync("ready:");
        await topics.PublishAsync("a", 40);
        await topics.DecidedAsync("a", 40);
        await topics.MakeAnewAsync(topics.Payments);
        await topics.PublishAsync("b", 25);
        await run.SaysAsync("starting over:");
        var decisions = await topics.DecidedAsync("b", 25);
        Assert.Equal(65, TestTopics.CountOf(decisions["b-24"]));
    }

    [SharedFact]
    public async Task Decisions_that_are_made_anew_while_a_process_runs_are_written_on_and_no_payment_is_decided_again()
    {
        using var topics = new TestTopics(cluster, "anew-decisions");
        await topics.CreateAsync();
        using var run = topics.Start();
        await run.SaysAsync("ready:");
        await topics.PublishAsync("a", 40);
        await topics.DecidedAsync("a", 40);
        // Committed by then, once a second: what is committed counts where there are no decisions.
        await topics.CommittedAsync(40);
        await topics.MakeAnewAsync(topics.Decisions);
        await run.SaysAsync("starting over:");
        await topics.PublishAsync("b", 25);
        await topics.DecidedAsync("b", 25);
        Assert.Empty(await topics.DecisionsAsync("a"));
    }

    [SharedFact]
    public async Task Labels_that_were_made_anew_are_folded_from_their_beginning()
    {
        using var topics = new TestTopics(cluster, "anew-labels");
        await topics.CreateAsync();
        await topics.PublishAsync("a", 3);
        await cluster.ProduceByKcatAsync(topics.Labels, Enumerable.Range(0, 20).Select(Label));
        await topics.RunUntilIdleAsync();
        await topics.MakeAnewAsync(topics.Labels);
        await cluster.ProduceByKcatAsync(topics.Labels, Enumerable.Range(0, 6).Select(Label));
        var run = await topics.RunUntilIdleAsync();
        Assert.Contains("{\"records\":6,", run.Errors, StringComparison.Ordinal);

        static string Label(int i) =>
            $"{{\"payment_id\":\"a-0\",\"event_time\":1700000000000,\"known_at\":{1_700_000_000_000 + i},\"fraud\":true,\"customer_id\":\"c-1\",\"terminal_id\":\"t-1\"}}";
    }

    [SharedFact]
    public async Task A_reader_with_a_stored_map_takes_no_new_decision_for_a_repeat()
    {
        using var topics = new TestTopics(cluster, "anew-reader");
        await topics.CreateAsync();
        await topics.PublishAsync("a", 20);
        await topics.RunUntilIdleAsync();
        Assert.Equal(20, await ReadAsync(topics, "a"));
        await topics.MakeAnewAsync(topics.Payments);
        await topics.PublishAsync("b", 15);
        await topics.RunUntilIdleAsync();
        Assert.Equal(15, await ReadAsync(topics, "b"));
    }

    [SharedFact]
    public async Task A_record_that_claims_a_huge_offset_moves_neither_what_is_decided_nor_what_a_reader_takes_for_a_repeat()
    {
        using var topics = new TestTopics(cluster, "claim");
        await topics.CreateAsync();
        await topics.PublishAsync("a", 20);
        await topics.RunUntilIdleAsync();
        using (var stranger = new DecisionLog(cluster.Brokers, topics.Decisions))
        {
            // One that names the topic, as a copy of a decision does, and one that does not.
            var topicId = (await topics.DecisionsAsync("a"))["a-0"].GetProperty("source").GetProperty("topic_id").GetString()!;
            var source = new Contracts.DecisionSource("eu", topics.Payments, 0, 9_007_199_254_740_000);
            var decision = SampleDecisions.Of(source, "x-0");
            stranger.Write(0, "x", SampleDecisions.Json(decision), DecisionLog.HeadersOf(source));
            var named = DecisionLog.HeadersOf(source);
            named.Add("topic_id", System.Text.Encoding.UTF8.GetBytes(topicId));
            stranger.Write(0, "x", SampleDecisions.Json(decision with { PaymentId = "x-1", SourceTopicId = topicId }), named);
        }

        await topics.PublishAsync("b", 15);
        var run = await topics.RunUntilIdleAsync();
        Assert.Contains("\"decisions\":15,", run.Errors, StringComparison.Ordinal);
        Assert.Contains("claim decisions on", run.Errors, StringComparison.Ordinal);
        Assert.Equal(15, await ReadAsync(topics, "b"));
    }

    [SharedFact]
    public async Task A_position_behind_the_end_of_its_log_is_an_error_that_names_both()
    {
        using var topics = new TestTopics(cluster, "beyond");
        await topics.CreateAsync();
        await topics.PublishAsync("a", 20);
        topics.Commit(1000);
        var run = await ScoringProcess.RunAsync(cluster.Environment, ["run", "--topology", TestTopics.Topology, .. topics.Set, "--until-idle", "2s"]);
        Assert.Equal(1, run.ExitCode);
        Assert.Contains($"eu/{topics.Payments}/0 ends at offset 20, and the group beyond committed 1000", run.Errors, StringComparison.Ordinal);
    }

    [SharedFact]
    public async Task Another_regions_payments_that_are_made_anew_are_folded_from_their_beginning()
    {
        // Both regions on one broker: what counts is that the other one's topic is another.
        using var eu = new TestTopics(cluster, "anew-follow-eu", timeFrom: 10_000);
        using var us = new TestTopics(cluster, "anew-follow-us");
        await eu.CreateAsync();
        await us.CreateAsync();
        string[] both =
        [
            "--topology", TwoRegions.Topology, .. eu.Set, "--set", $"regions.us.topics.payments={us.Payments}", "--set", $"regions.us.topics.labels={us.Labels}",
            "--set", "regions.us.partitions=1",
        ];
        var environment = new Dictionary<string, string>(cluster.Environment)
        {
            ["SCORING_BROKERS_EU"] = cluster.Brokers,
            ["SCORING_BROKERS_US"] = cluster.Brokers,
        };
        using var run = new RunningProcess(environment, ["run", .. both]);
        await run.SaysAsync("ready:");
        await us.PublishAsync("u", 10);
        await CountsAsync(10);
        await us.MakeAnewAsync(us.Payments);
        await us.PublishAsync("v", 7);
        await run.SaysAsync("starting over:");
        await CountsAsync(17);

        // A payment of the own region sees what was folded of the other; publishes until it sees
        // all.
        async Task CountsAsync(int ofOther)
        {
            for (var tried = 0; ; tried++)
            {
                var prefix = $"e{ofOther}x{tried}";
                await eu.PublishAsync(prefix, 1);
                _own++;
                var decided = await eu.DecidedAsync(prefix, 1);
                if (TestTopics.CountOf(decided[$"{prefix}-0"]) is var seen && (seen == ofOther + _own || tried == 100))
                {
                    Assert.Equal(ofOther + _own, seen);
                    return;
                }
            }
        }
    }

    private int _own;

    /// <summary>
    /// Reads with a group until the decisions on payments that begin so are there.
    /// </summary>
    private static async Task<int> ReadAsync(TestTopics topics, string prefix)
    {
        await using var reader = await DecisionReader.OpenAsync(topics.Region, new DecisionReaderOptions { Group = "reader-" + topics.Payments, Partitions = [0], Follow = false });
        var read = 0;
        await foreach (var decision in reader.ReadAsync())
        {
            read += decision.Record.PaymentId.StartsWith(prefix + "-", StringComparison.Ordinal) ? 1 : 0;
        }

        await reader.CommitAsync();
        return read;
    }
}
