namespace StreamScoring.Kafka;

/// <summary>How to reach a region's brokers.</summary>
/// <param name="Brokers">host:port, comma separated.</param>
/// <param name="Security">Client settings by librdkafka's names. Never printed.</param>
public sealed record KafkaConnection(string Region, string Brokers, IReadOnlyDictionary<string, string> Security)
{
    /// <summary>What every client of the region is configured with.</summary>
    internal Dictionary<string, string> Settings(params ReadOnlySpan<(string Name, string Value)> more)
    {
        var settings = new Dictionary<string, string>(Security, StringComparer.Ordinal)
        {
            ["bootstrap.servers"] = Brokers,
            ["client.id"] = "stream-scoring",
            ["topic.metadata.refresh.interval.ms"] = "30000",
            ["reconnect.backoff.max.ms"] = "2000",
            // One line per outage is ours to say; the client's own go nowhere.
            ["log_level"] = "2",
        };
        foreach (var (name, value) in more)
        {
            settings[name] = value;
        }

        return settings;
    }

    public override string ToString() => $"{Region} at {Brokers}";
}
