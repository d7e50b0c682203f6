using StreamScoring.Kafka;

namespace StreamScoring.IntegrationTests;

/// <summary>Brokers that do not tell which topic is which.</summary>
public sealed class TopicAdminTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly EmbeddedBroker _broker = new();

    [Fact]
    public async Task The_embedded_broker_is_known_for_one_that_tells_no_ids()
    {
        _broker.CreateTopic("payments", 1);
        using var admin = new TopicAdmin(Connection, [("payments", 1)]);
        var look = await admin.LookAtTopicsAsync(Patience);
        Assert.Empty(look.Ids);
        Assert.Empty(look.Missing);
    }

    /// <summary>
    /// A cluster that elects a controller answers as the embedded broker does, and tells ids again
    /// later. Decisions that are written meanwhile without ids count for a topic that is made anew,
    /// so that what stands at their offsets is never decided.
    /// </summary>
    [Fact]
    public async Task A_cluster_without_a_controller_is_not_taken_for_one_that_tells_no_ids()
    {
        _broker.CreateTopic("payments", 1);
        using var admin = new TopicAdmin(Connection, [("payments", 1)], isEmbedded: () => false);
        var failed = await Assert.ThrowsAsync<KafkaFailedException>(() => admin.LookAtTopicsAsync(Patience));
        Assert.Contains("the topics cannot be looked at", failed.Message, StringComparison.Ordinal);
    }

    public void Dispose() => _broker.Dispose();

    private KafkaConnection Connection => new("eu", _broker.Brokers, new Dictionary<string, string>());
}
