using System.Runtime.InteropServices;

namespace StreamScoring.KafkaClients.Native;

/// <summary>
/// Asking a cluster for its name, its topics, and what a group committed. Source: rdkafka.h of
/// librdkafka 2.x.
/// </summary>
internal static unsafe partial class Librdkafka
{
    [LibraryImport(Name)]
    internal static partial int rd_kafka_commit(SafeHandle client, TopicPartitionList* list, int isAsync);

    [LibraryImport(Name)]
    internal static partial int rd_kafka_committed(SafeHandle client, TopicPartitionList* list, int timeoutMs);

    [LibraryImport(Name)]
    internal static partial nint rd_kafka_clusterid(SafeHandle client, int timeoutMs);

    [LibraryImport(Name)]
    internal static partial void rd_kafka_mem_free(SafeHandle client, nint memory);

    [LibraryImport(Name)]
    internal static partial nint rd_kafka_queue_new(SafeHandle client);

    [LibraryImport(Name)]
    internal static partial nint rd_kafka_AdminOptions_new(SafeHandle client, int operation);

    [LibraryImport(Name)]
    internal static partial int rd_kafka_AdminOptions_set_request_timeout(nint options, int timeoutMs, byte* error, nuint errorSize);

    [LibraryImport(Name)]
    internal static partial void rd_kafka_AdminOptions_destroy(nint options);

    [LibraryImport(Name)]
    internal static partial nint rd_kafka_TopicCollection_of_topic_names(nint[] topics, nuint count);

    [LibraryImport(Name)]
    internal static partial void rd_kafka_TopicCollection_destroy(nint topics);

    [LibraryImport(Name)]
    internal static partial void rd_kafka_DescribeTopics(SafeHandle client, nint topics, nint options, nint queue);

    [LibraryImport(Name)]
    internal static partial nint rd_kafka_event_DescribeTopics_result(nint answer);

    [LibraryImport(Name)]
    internal static partial nint* rd_kafka_DescribeTopics_result_topics(nint result, nuint* count);

    [LibraryImport(Name)]
    internal static partial nint rd_kafka_TopicDescription_name(nint topic);

    [LibraryImport(Name)]
    internal static partial nint rd_kafka_TopicDescription_topic_id(nint topic);

    [LibraryImport(Name)]
    internal static partial nint rd_kafka_TopicDescription_partitions(nint topic, nuint* count);

    [LibraryImport(Name)]
    internal static partial nint rd_kafka_TopicDescription_error(nint topic);

    [LibraryImport(Name)]
    internal static partial int rd_kafka_error_code(nint error);

    [LibraryImport(Name)]
    internal static partial long rd_kafka_Uuid_most_significant_bits(nint id);

    [LibraryImport(Name)]
    internal static partial long rd_kafka_Uuid_least_significant_bits(nint id);

    [LibraryImport(Name)]
    internal static partial nint rd_kafka_Uuid_base64str(nint id);
}
