using Confluent.Kafka;
using Confluent.Kafka.Admin;
using StreamScoring.Regions;

namespace StreamScoring.Kafka;

/// <summary>Makes a region's topics, and says how those that are there differ from the topology.</summary>
public sealed class TopicAdmin(KafkaConnection connection, RegionTopology region) : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    private readonly IAdminClient _admin = new AdminClientBuilder(connection.Settings()).SetLogHandler((_, _) => { }).SetErrorHandler((_, _) => { }).Build();

    private (string Name, int Partitions)[] Wanted =>
    [
        (region.Payments, region.Partitions), (region.Labels, region.LabelPartitions), (region.Decisions, region.Partitions),
        (region.DeadLetters, region.Partitions),
    ];

    /// <summary>What is missing or differs, one sentence each; empty where all is as the topology says.</summary>
    /// <exception cref="KafkaFailedException">No broker answers.</exception>
    public IReadOnlyList<string> Differences()
    {
        var metadata = Metadata();
        var differences = new List<string>();
        foreach (var (name, partitions) in Wanted)
        {
            var topic = metadata.Topics.FirstOrDefault(topic => topic.Topic == name && topic.Error.Code == ErrorCode.NoError);
            if (topic is null)
            {
                differences.Add($"region {region.Name}: topic {name} is missing");
            }
            else if (topic.Partitions.Count != partitions)
            {
                differences.Add($"region {region.Name}: topic {name} has {topic.Partitions.Count} partitions, the topology says {partitions}");
            }
        }

        return differences;
    }

    /// <summary>Makes the topics that are missing.</summary>
    /// <returns>Their names.</returns>
    /// <exception cref="KafkaFailedException">No broker answers, or it refuses.</exception>
    public async Task<IReadOnlyList<string>> CreateMissingAsync()
    {
        var metadata = Metadata();
        var replication = (short)(region.Replication > 0 ? region.Replication : Math.Min(3, metadata.Brokers.Count));
        var missing = Wanted
            .Where(wanted => !metadata.Topics.Exists(topic => topic.Topic == wanted.Name && topic.Error.Code == ErrorCode.NoError))
            .Select(wanted => new TopicSpecification
            {
                Name = wanted.Name,
                NumPartitions = wanted.Partitions,
                ReplicationFactor = replication,
                Configs = replication >= 3 ? new Dictionary<string, string> { ["min.insync.replicas"] = "2" } : null,
            })
            .ToList();
        if (missing.Count == 0)
        {
            return [];
        }

        try
        {
            await _admin.CreateTopicsAsync(missing);
            return [.. missing.Select(topic => topic.Name)];
        }
        catch (CreateTopicsException e)
        {
            var refused = e.Results.Where(result => result.Error.IsError).Select(result => $"{result.Topic}: {result.Error.Reason}");
            throw new KafkaFailedException($"{connection}: {string.Join("; ", refused)}", e);
        }
        catch (KafkaException e)
        {
            throw new KafkaFailedException($"{connection}: {e.Error.Reason}", e);
        }
    }

    public void Dispose() => _admin.Dispose();

    private Metadata Metadata()
    {
        try
        {
            return _admin.GetMetadata(Patience);
        }
        catch (KafkaException e)
        {
            throw new KafkaFailedException(
                $"region {connection.Region}: no broker of {connection.Brokers} answers ({e.Error.Reason}); is Kafka running there, and are regions.{connection.Region}.brokers and .security right?", e);
        }
    }
}
