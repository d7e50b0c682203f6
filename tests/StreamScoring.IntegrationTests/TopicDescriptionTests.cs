using Confluent.Kafka;
using Confluent.Kafka.Admin;
using StreamScoring.KafkaClients;
using StreamScoring.TestSupport;

namespace StreamScoring.IntegrationTests;

/// <summary>What real brokers say of topics.</summary>
public sealed class TopicDescriptionTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly KafkaCluster _cluster = new(brokers: 3);

    /// <summary>
    /// With such a partition Confluent.Kafka's own call never answers, and its admin client aborts
    /// the process when it is disposed of. A process whose broker had stood still did so.
    /// </summary>
    [SharedFact]
    public async Task A_partition_without_a_replica_in_sync_is_no_failure()
    {
        using var admin = new AdminClientBuilder([new("bootstrap.servers", _cluster.Brokers)]).SetLogHandler((_, _) => { }).SetErrorHandler((_, _) => { }).Build();
        await admin.CreateTopicsAsync([new TopicSpecification { Name = "one-copy", NumPartitions = 2, ReplicasAssignments = new Dictionary<int, List<int>> { [0] = [0], [1] = [1] } }]);
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        // A broker hears of a new topic a moment after it was made.
        while (Describe(admin, "one-copy")!.Single() is { IsError: true } or { PartitionCount: < 2 })
        {
            await Task.Delay(100, patience.Token);
        }

        var byOthers = await admin.DescribeTopicsAsync(TopicCollection.OfTopicNames(["one-copy"]));
        var before = Assert.Single(Describe(admin, "one-copy")!);
        Assert.Equal(byOthers.TopicDescriptions[0].TopicId.ToString(), before.Id);
        Assert.Equal((2, ErrorCode.NoError), (before.PartitionCount, before.Error));

        await _cluster.SignalAsync("KILL", broker: 1);
        while (admin.GetMetadata("one-copy", Patience).Topics[0].Partitions.Single(partition => partition.PartitionId == 1).InSyncReplicas.Length > 0)
        {
            await Task.Delay(100, patience.Token);
        }

        Assert.Equal(before, Assert.Single(Describe(admin, "one-copy")!));
    }

    [SharedFact]
    public void A_topic_that_is_not_there_is_told_beside_those_that_are()
    {
        using var admin = new AdminClientBuilder([new("bootstrap.servers", _cluster.Brokers)]).Build();
        var described = Describe(admin, "no-such-topic")!;
        Assert.Equal(new DescribedTopic("no-such-topic", "", 0, ErrorCode.UnknownTopicOrPart), Assert.Single(described));
    }

    public Task InitializeAsync() => _cluster.InitializeAsync();

    public Task DisposeAsync() => _cluster.DisposeAsync();

    private static IReadOnlyList<DescribedTopic>? Describe(IAdminClient admin, params string[] topics) => TopicDescriptions.Of(admin.Handle, topics, Patience);
}
