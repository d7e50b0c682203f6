using System.Runtime.InteropServices;

namespace StreamScoring.KafkaClients.Native;

/// <summary>
/// The calls of librdkafka that Confluent.Kafka does not offer: one queue per partition, batches of
/// messages without an object each, commits with metadata, topic ids, and the mock cluster. Source:
/// rdkafka.h and rdkafka_mock.h of librdkafka 2.x, whose ABI is stable.
/// </summary>
internal static unsafe partial class Librdkafka
{
    public const string Name = LoadedLibrary.Name;

    public const int NoError = 0, PartitionEof = -191, TimedOut = -185, AllBrokersDown = -187, TransportError = -195, ResolveError = -193,
        Authentication = -169, UnknownPartition = -190, UnknownTopic = -188, OffsetOutOfRange = 1, UnknownTopicOrPartition = 3, TopicAuthorizationFailed = 29, MessageTooLarge = 10,
        Fatal = -150, GaplessGuarantee = -148, Ssl = -181, AutoOffsetReset = -140, ErroneousState = -172, LogTruncated = -139, UnknownTopicId = 100, InconsistentTopicId = 103;

    public const int ProducerType = 0, ConsumerType = 1;

    [LibraryImport(Name, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int rd_kafka_query_watermark_offsets(nint client, string topic, int partition, long* low, long* high, int timeoutMs);

    [LibraryImport(Name, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial nint rd_kafka_conf_new();

    [LibraryImport(Name, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int rd_kafka_conf_set(nint conf, string name, string value, byte* error, nuint errorSize);

    [LibraryImport(Name)]
    internal static partial void rd_kafka_conf_destroy(nint conf);

    [LibraryImport(Name)]
    internal static partial nint rd_kafka_new(int type, nint conf, byte* error, nuint errorSize);

    [LibraryImport(Name)]
    internal static partial void rd_kafka_destroy(nint client);

    [LibraryImport(Name)]
    internal static partial int rd_kafka_poll_set_consumer(nint client);

    [LibraryImport(Name)]
    internal static partial Message* rd_kafka_consumer_poll(nint client, int timeoutMs);

    [LibraryImport(Name)]
    internal static partial int rd_kafka_consumer_close(nint client);

    [LibraryImport(Name)]
    internal static partial nint rd_kafka_err2str(int error);

    [LibraryImport(Name)]
    internal static partial nint rd_kafka_topic_partition_list_new(int size);

    [LibraryImport(Name)]
    internal static partial void rd_kafka_topic_partition_list_destroy(nint list);

    [LibraryImport(Name, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial nint rd_kafka_topic_partition_list_add(nint list, string topic, int partition);

    [LibraryImport(Name, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int rd_kafka_topic_partition_list_set_offset(nint list, string topic, int partition, long offset);

    [LibraryImport(Name)]
    internal static partial nint rd_kafka_seek_partitions(nint client, TopicPartitionList* list, int timeoutMs);

    [LibraryImport(Name)]
    internal static partial nint rd_kafka_error_string(nint error);

    [LibraryImport(Name)]
    internal static partial void rd_kafka_error_destroy(nint error);

    [LibraryImport(Name)]
    internal static partial int rd_kafka_assign(nint client, nint list);

    [LibraryImport(Name)]
    internal static partial nint rd_kafka_incremental_assign(nint client, nint list);

    [LibraryImport(Name)]
    internal static partial nint rd_kafka_incremental_unassign(nint client, nint list);

    [LibraryImport(Name, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial nint rd_kafka_queue_get_partition(nint client, string topic, int partition);

    [LibraryImport(Name)]
    internal static partial void rd_kafka_queue_forward(nint source, nint destination);

    [LibraryImport(Name)]
    internal static partial nuint rd_kafka_queue_length(nint queue);

    [LibraryImport(Name)]
    internal static partial void rd_kafka_queue_destroy(nint queue);

    [LibraryImport(Name)]
    internal static partial void rd_kafka_queue_cb_event_enable(nint queue, delegate* unmanaged[Cdecl]<nint, nint, void> callback, nint opaque);

    [LibraryImport(Name)]
    internal static partial nint rd_kafka_consume_batch_queue(nint queue, int timeoutMs, Message** messages, nuint size);

    [LibraryImport(Name)]
    internal static partial void rd_kafka_message_destroy(Message* message);

    [LibraryImport(Name)]
    internal static partial long rd_kafka_message_timestamp(Message* message, int* type);

    [LibraryImport(Name, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int rd_kafka_get_watermark_offsets(nint client, string topic, int partition, long* low, long* high);

    [LibraryImport(Name)]
    internal static partial nint rd_kafka_mock_cluster_new(nint client, int brokers);

    [LibraryImport(Name)]
    internal static partial void rd_kafka_mock_cluster_destroy(nint cluster);

    [LibraryImport(Name)]
    internal static partial nint rd_kafka_mock_cluster_bootstraps(nint cluster);

    [LibraryImport(Name, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int rd_kafka_mock_topic_create(nint cluster, string topic, int partitions, int replication);

    /// <summary>rd_kafka_message_t on a 64-bit machine.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct Message
    {
        public int Error;
        public nint Topic;
        public int Partition;
        public byte* Payload;
        public nuint Length;
        public byte* Key;
        public nuint KeyLength;
        public long Offset;
        public nint Private;
    }

    /// <summary>rd_kafka_topic_partition_list_t.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct TopicPartitionList
    {
        public int Count;
        public int Size;
        public TopicPartition* Elements;
    }

    /// <summary>rd_kafka_topic_partition_t.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct TopicPartition
    {
        public nint Topic;
        public int Partition;
        public long Offset;
        public nint Metadata;
        public nuint MetadataSize;
        public nint Opaque;
        public int Error;
        public nint Private;
    }

    internal static string Describe(int error) => Marshal.PtrToStringUTF8(rd_kafka_err2str(error)) ?? $"error {error}";
}
