using System.Runtime.InteropServices;
using Confluent.Kafka;

namespace StreamScoring.KafkaClients;

/// <summary>Asks which cluster a client of Confluent.Kafka is connected to, which that does not offer without a controller. Source: rdkafka.h of librdkafka 2.x.</summary>
public static partial class ClusterNames
{
    /// <summary>What librdkafka's mock cluster begins its id with (rdkafka_mock.c).</summary>
    private const string MockPrefix = "mockCluster";

    /// <returns>Whether the brokers are librdkafka's mock cluster; false where none answers in time.</returns>
    public static bool IsMock(Handle client, TimeSpan timeout)
    {
        var handle = NativeHandle.Of(client);
        var text = rd_kafka_clusterid(handle, (int)timeout.TotalMilliseconds);
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
            rd_kafka_mem_free(handle, text);
        }
    }

    [LibraryImport(LoadedLibrary.Name)]
    private static partial nint rd_kafka_clusterid(SafeHandle client, int timeoutMs);

    [LibraryImport(LoadedLibrary.Name)]
    private static partial void rd_kafka_mem_free(SafeHandle client, nint memory);
}
