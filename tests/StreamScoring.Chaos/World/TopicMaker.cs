using Confluent.Kafka;
using Confluent.Kafka.Admin;
using StreamScoring.KafkaClients;

namespace StreamScoring.Chaos.World;

/// <summary>
/// Makes the topics, three copies each, of which two must be there for a write; and deletes, as
/// operators and retention do.
/// </summary>
public sealed class TopicMaker(string brokers) : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1), AnswerPatience = TimeSpan.FromSeconds(30);

    private readonly IAdminClient _admin =
        new AdminClientBuilder(new AdminClientConfig { BootstrapServers = brokers }).SetLogHandler((_, _) => { }).SetErrorHandler((_, _) => { }).Build();

    public async Task MakeAllAsync()
    {
        await MakeAsync(Patience, Topics.Partitions, Topics.Payments, Topics.Labels, Topics.Decisions, Topics.DeadLetters, Topics.WitnessDecisions, Topics.WitnessDeadLetters);
        await MakeAsync(Patience, partitions: 1, Topics.Schemas);
    }

    /// <returns>The topic's id, in base64.</returns>
    public Task<string> IdOfAsync(string topic) => Persistence.DoAsync($"tell the id of {topic}", () => AskIdAsync(topic));

    /// <summary>Deletes the records of partitions before an offset each.</summary>
    public Task DeleteRecordsAsync(IReadOnlyList<TopicPartitionOffset> before) => Persistence.DoAsync("delete records", async () =>
    {
        // The client asks the leaders that it knows, for ever, and does not look who leads by now.
        await Task.Run(() => _admin.GetMetadata(AnswerPatience));
        return await _admin.DeleteRecordsAsync(before, new DeleteRecordsOptions { RequestTimeout = AnswerPatience, OperationTimeout = AnswerPatience });
    });

    /// <summary>Deletes a topic.</summary>
    public Task DeleteAsync(string topic) => Persistence.DoAsync($"delete {topic}", async () =>
    {
        try
        {
            await _admin.DeleteTopicsAsync([topic], new DeleteTopicsOptions { RequestTimeout = AnswerPatience, OperationTimeout = AnswerPatience });
        }
        catch (DeleteTopicsException e) when (e.Results[0].Error.Code == ErrorCode.UnknownTopicOrPart)
        {
            // By an attempt before that was not answered.
        }

        return topic;
    });

    /// <summary>Makes a topic again that was deleted.</summary>
    /// <param name="formerId">Of the one that was deleted.</param>
    /// <returns>Its id, which all brokers know.</returns>
    public Task<string> MakeAgainAsync(string topic, string formerId) => Persistence.DoAsync($"make {topic} again", async () =>
    {
        try
        {
            await MakeAsync(AnswerPatience, Topics.Partitions, topic);
        }
        catch (CreateTopicsException e) when (e.Results[0].Error.Code == ErrorCode.TopicAlreadyExists)
        {
            // The former one, which a broker still has; or the new one, by an attempt before that
            // was not answered.
        }

        return await AskIdAsync(topic) is { } id && id != formerId ? id : null;
    });

    public void Dispose() => _admin.Dispose();

    private Task MakeAsync(TimeSpan patience, int partitions, params string[] topics) => _admin.CreateTopicsAsync(
        topics.Select(topic => new TopicSpecification
        {
            Name = topic,
            NumPartitions = partitions,
            ReplicationFactor = Cluster.BrokerCount,
            Configs = new Dictionary<string, string> { ["min.insync.replicas"] = "2" },
        }), new CreateTopicsOptions { RequestTimeout = patience, OperationTimeout = patience });

    private async Task<string?> AskIdAsync(string topic)
    {
        var described = await Task.Run(() => TopicDescriptions.Of(_admin.Handle, [topic], AnswerPatience)?.Single());
        return described is { IsError: false } there ? there.Id : null;
    }
}
