using System.Runtime.InteropServices;
using StreamScoring.KafkaClients.Native;

namespace StreamScoring.Kafka;

/// <summary>
/// librdkafka's mock cluster in this process: the real protocol over loopback, without an
/// installation. It keeps 5 MiB per partition and silently drops what is older, read or not, and it
/// knows neither transactions nor fencing: good for the demo, whose publisher is held back by what
/// was read, and for tests; no proof of delivery or speed.
/// </summary>
public sealed class EmbeddedBroker : IDisposable
{
    private readonly nint _client;
    private readonly nint _cluster;

    public EmbeddedBroker()
    {
        _client = NativeClients.New(Librdkafka.ProducerType, [new("client.id", "embedded-broker"), new("log_level", "2")]);
        _cluster = Librdkafka.rd_kafka_mock_cluster_new(_client, 1);
        if (_cluster == 0)
        {
            throw new KafkaFailedException("the embedded broker could not be started");
        }
    }

    /// <summary>host:port on the loopback.</summary>
    public string Brokers => Marshal.PtrToStringUTF8(Librdkafka.rd_kafka_mock_cluster_bootstraps(_cluster))!;

    public void CreateTopic(string topic, int partitions)
    {
        var error = Librdkafka.rd_kafka_mock_topic_create(_cluster, topic, partitions, 1);
        if (error != Librdkafka.NoError)
        {
            throw new KafkaFailedException($"topic {topic} could not be made: {Librdkafka.Describe(error)}");
        }
    }

    public void Dispose()
    {
        Librdkafka.rd_kafka_mock_cluster_destroy(_cluster);
        Librdkafka.rd_kafka_destroy(_client);
    }
}
