using System.Net;
using System.Text.RegularExpressions;
using Confluent.Kafka;

using StreamScoring.TestSupport;
namespace StreamScoring.IntegrationTests;

/// <summary>
/// A log that has records which cannot be read, seen from outside: health, metrics, notices, and
/// how <c>--until-idle</c> ends.
/// </summary>
public sealed partial class StandStillTests(KafkaCluster cluster) : IClassFixture<KafkaCluster>
{
    private const string Topology = "topology/generated/topology.yaml";

    [SharedFact]
    public async Task A_log_that_stands_still_is_named_with_its_reason_until_it_moves_again()
    {
        var set = await TopicsAsync("still");
        using var publisher = OpenTransaction("still-payments");
        using var run = new RunningProcess(cluster.Environment, ["run", "--topology", Topology, .. set]);
        await run.SaysAsync("ready:");
        using var http = new HttpClient { BaseAddress = new Uri(Address().Match(run.Said).Value) };
        const string log = "region=\"eu\",topic=\"still-payments\",partition=\"0\"";
        var metrics = await MetricsPage.OnceAsync(http, now => now.GetValueOrDefault($"scoring_log_failing{{{log},reason=\"open_transaction\"}}") == 1);
        Assert.Equal(3, metrics[$"scoring_lag_records{{{log}}}"]);
        Assert.Equal(0, metrics["scoring_lag_records{region=\"eu\",topic=\"still-labels\",partition=\"3\"}"]);

        using var notReady = await http.GetAsync("/health/ready");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, notReady.StatusCode);
        Assert.Contains("eu/still-payments/0 stands at offset 0 for ", await notReady.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync("/health/live")).StatusCode);
        await run.SaysAsync("transaction is open since offset 0");

        publisher.CommitTransaction();
        await run.SaysAsync("over after ");
        await MetricsPage.OnceAsync(http, now => now[$"scoring_log_failing{{{log},reason=\"open_transaction\"}}"] == 0 && now[$"scoring_lag_records{{{log}}}"] == 0);
        Assert.Equal("ok\n", await http.GetStringAsync("/health/ready"));
    }

    [SharedFact]
    public async Task Until_idle_ends_with_1_and_the_log_where_records_are_not_read()
    {
        var set = await TopicsAsync("idle");
        using var publisher = OpenTransaction("idle-payments");
        var run = await ScoringProcess.RunAsync(cluster.Environment, ["run", "--topology", Topology, .. set, "--until-idle", "2s"]);
        Assert.Equal(1, run.ExitCode);
        Assert.Matches(@"scoring: not all is decided: eu/idle-payments/0 stands at offset 0 for \d+ s: it ends at offset 3; a publisher's transaction is open", run.Errors);
        publisher.AbortTransaction();
    }

    /// <summary>
    /// Three records of a publisher that goes no further: they are in the log, and nobody who reads
    /// what is committed gets them.
    /// </summary>
    private IProducer<byte[], byte[]> OpenTransaction(string topic)
    {
        var publisher = new ProducerBuilder<byte[], byte[]>(new ProducerConfig { BootstrapServers = cluster.Brokers, TransactionalId = topic, TransactionTimeoutMs = 600_000 }).Build();
        publisher.InitTransactions(TimeSpan.FromSeconds(30));
        publisher.BeginTransaction();
        for (var i = 0; i < 3; i++)
        {
            publisher.Produce(new TopicPartition(topic, 0), new Message<byte[], byte[]> { Key = [], Value = "not even a payment"u8.ToArray() });
        }

        publisher.Flush(TimeSpan.FromSeconds(30));
        return publisher;
    }

    private async Task<string[]> TopicsAsync(string name)
    {
        string[] set =
        [
            "--set", $"group={name}", "--set", $"regions.eu.topics.payments={name}-payments", "--set", $"regions.eu.topics.labels={name}-labels",
            "--set", $"regions.eu.topics.decisions={name}-decisions", "--set", $"regions.eu.topics.deadLetters={name}-dead-letters",
        ];
        await ScoringProcess.SucceedAsync(cluster.Environment, ["topics", "create", "--topology", Topology, .. set]);
        return set;
    }

    [GeneratedRegex("http://[0-9.:]+")]
    private static partial Regex Address();
}
