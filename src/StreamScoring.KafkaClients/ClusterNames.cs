using System.Runtime.InteropServices;
using Confluent.Kafka;
using StreamScoring.KafkaClients.Native;

namespace StreamScoring.KafkaClients;

/// <summary>
/// Asks which cluster a client of Confluent.Kafka is connected to, which that does not offer
/// without a controller.
/// </summary>
public static class ClusterNames
{
    /// <summary>What librdkafka's mock cluster begins its id with (rdkafka_mock.c).</summary>
    private const string MockPrefix = "mockCluster";

    /// <returns>Whether the brokers are librdkafka's mock cluster; false where none answers in
    /// time.</returns>
    public static bool IsMock(Handle client, TimeSpan timeout)
    {
        var handle = NativeHandle.Of(client);
        var text = Librdkafka.rd_kafka_clusterid(handle, (int)timeout.TotalMilliseconds);
        if (text == 0)
        {
            return false;
        }

        try
        {
            return Marshal.PtrToStringUTF8(text)!.StartsWith(MockPrefix, StringComparison.Ordinal);
        }
        finally
        {
            Librdkafka.rd_kafka_mem_free(handle, text);
        }
    }
}
