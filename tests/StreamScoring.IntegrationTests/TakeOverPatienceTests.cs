using Confluent.Kafka;
using Confluent.Kafka.Admin;
using Microsoft.Extensions.Logging.Abstractions;
using StreamScoring.Kafka;
using StreamScoring.Logs;
using StreamScoring.TestSupport;

namespace StreamScoring.IntegrationTests;

public sealed class TakeOverPatienceTests(KafkaCluster cluster) : IClassFixture<KafkaCluster>
{
    [SharedFact]
    public async Task A_partition_that_comes_back_undrained_is_not_owned_not_committed_and_ends_the_membership_in_time()
    {
        var connection = new KafkaConnection("eu", cluster.Brokers, new Dictionary<string, string>());
        var logs = new LogTable([(new LogId("eu", "undrained", 0), LogKind.Payments)]);
        using (var admin = new AdminClientBuilder(new AdminClientConfig { BootstrapServers = cluster.Brokers }).Build())
        {
            await admin.CreateTopicsAsync([
                new TopicSpecification { Name = "undrained", NumPartitions = 1, ReplicationFactor = 1 }, new TopicSpecification { Name = "undrained-decisions", NumPartitions = 1, ReplicationFactor = 1 }]);
        }

        var ownership = new PartitionOwnership(logs);
        // Of when it owned the partition before: taken, and never acknowledged.
        ownership.Took(0, 1);
        ownership.Disown(0);
        ownership.Release(0);
        var health = new LogHealth(logs, TimeProvider.System, NullLogger.Instance);
        using var tail = TailOf("undrained", connection, logs, health);
        var owned = new List<int>();
        using (var membership = new GroupMembership(
            connection, "undrained", new GroupOptions("undrained", UsesConsumerProtocol: false, TimeSpan.FromSeconds(6), "", TransactionTimeout: null), logs, ownership, tail, health, owned.Add, NullLogger.Instance)
        {
            TakeOverPatience = TimeSpan.FromSeconds(1),
        })
        {
            var joined = Task.Run(() => membership.JoinAndWait(TimeSpan.FromSeconds(60), () => false));
            var failure = await Assert.ThrowsAsync<KafkaFailedException>(() => joined.WaitAsync(TimeSpan.FromMinutes(2)));
            Assert.Contains("eu/undrained/0 came back to this process, and what it had taken of it before is not acknowledged after 1 s", failure.Message, StringComparison.Ordinal);
        }

        Assert.Empty(owned);
        Assert.False(ownership.IsOwned(0));
        Assert.False(ownership.MayWrite(0));
        using var committed = new ConsumerBuilder<Ignore, Ignore>(new ConsumerConfig { BootstrapServers = cluster.Brokers, GroupId = "undrained" }).Build();
        Assert.Equal(Offset.Unset, committed.Committed([new TopicPartition("undrained", 0)], TimeSpan.FromSeconds(30)).Single().Offset);
    }

    [SharedFact]
    public void Who_is_about_to_end_asks_no_further_where_its_decisions_end()
    {
        var connection = new KafkaConnection("eu", cluster.Brokers, new Dictionary<string, string>());
        var logs = new LogTable([(new LogId("eu", "gone", 0), LogKind.Payments)]);
        using var tail = TailOf("gone", connection, logs, new LogHealth(logs, TimeProvider.System, NullLogger.Instance));
        var asked = 0;
        // The topics are not there, which may be for a moment only: it is asked again and again for
        // half a minute.
        Assert.Throws<KafkaFailedException>(() => tail.DecideFrom([0], logs, () => ++asked == 3));
        Assert.Equal(3, asked);
    }

    private static DecidedTail TailOf(string payments, KafkaConnection connection, LogTable logs, LogHealth health) => new(connection, new KafkaLogSourceOptions
    {
        Payments = payments,
        Labels = "none",
        Decisions = $"{payments}-decisions",
        DeadLetters = "none",
        Coverage = new LogCoverage(logs, TimeProvider.System),
        Health = health,
    }, NullLogger.Instance);
}
