namespace StreamScoring.Client;

/// <summary>How a client reaches the brokers.</summary>
/// <param name="Brokers">host:port, comma separated.</param>
/// <param name="Security">TLS and SASL settings by librdkafka's names.</param>
public sealed record KafkaSettings(string Brokers, IReadOnlyDictionary<string, string> Security)
{
    /// <summary>Without TLS and SASL.</summary>
    public KafkaSettings(string brokers)
        : this(brokers, new Dictionary<string, string>())
    {
    }

    /// <summary>The settings hold passwords: they are not printed.</summary>
    public override string ToString() => Brokers;

    internal Dictionary<string, string> With(params ReadOnlySpan<(string Name, string Value)> more)
    {
        var settings = new Dictionary<string, string>(Security, StringComparer.Ordinal) { ["bootstrap.servers"] = Brokers, ["client.id"] = "stream-scoring-client" };
        foreach (var (name, value) in more)
        {
            settings[name] = value;
        }

        return settings;
    }
}
