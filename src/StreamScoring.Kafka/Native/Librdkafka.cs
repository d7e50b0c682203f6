using System.Runtime.InteropServices;
using StreamScoring.KafkaClients;

namespace StreamScoring.Kafka.Native;

/// <summary>
/// The calls of librdkafka that Confluent.Kafka does not offer: one queue per partition, batches of messages without an object each, and
/// the mock cluster. Source: rdkafka.h and rdkafka_mock.h of librdkafka 2.x, whose ABI is stable.
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

    /// <summary>
    /// Makes an assigned partition be read from an offset on. A local matter of the client: no broker is asked. A partition whose offset was gone
    /// is read by nobody any more, and cannot be sought in: it is given up and assigned anew, which leaves its queue as it is.
    /// </summary>
    /// <exception cref="KafkaFailedException">The partition is not assigned.</exception>
    internal static void Seek(nint client, string topic, int partition, long offset)
    {
        const int timeoutMs = 10_000;
        var list = (TopicPartitionList*)rd_kafka_topic_partition_list_new(1);
        rd_kafka_topic_partition_list_add((nint)list, topic, partition);
        rd_kafka_topic_partition_list_set_offset((nint)list, topic, partition, offset);
        var reason = ReasonOf(rd_kafka_seek_partitions(client, list, timeoutMs));
        if (reason is null && list->Elements[0].Error == ErroneousState)
        {
            reason = ReasonOf(rd_kafka_incremental_unassign(client, (nint)list)) ?? ReasonOf(rd_kafka_incremental_assign(client, (nint)list));
        }
        else if (reason is null && list->Elements[0].Error != NoError)
        {
            reason = Describe(list->Elements[0].Error);
        }

        rd_kafka_topic_partition_list_destroy((nint)list);
        if (reason is not null)
        {
            throw new KafkaFailedException($"{topic} partition {partition} cannot be read again from offset {offset}: {reason}");
        }
    }

    private static string? ReasonOf(nint error)
    {
        if (error == 0)
        {
            return null;
        }

        var reason = Marshal.PtrToStringUTF8(rd_kafka_error_string(error));
        rd_kafka_error_destroy(error);
        return reason;
    }

    /// <summary>A client with these settings.</summary>
    /// <param name="events">Kinds of events that are put into its queue, instead of being told by callbacks.</param>
    /// <exception cref="KafkaFailedException">librdkafka does not know a setting or refuses its value.</exception>
    internal static nint NewClient(int type, IEnumerable<KeyValuePair<string, string>> settings, int events = 0)
    {
        var conf = rd_kafka_conf_new();
        var error = stackalloc byte[512];
        foreach (var (name, value) in settings)
        {
            if (rd_kafka_conf_set(conf, name, value, error, 512) != 0)
            {
                rd_kafka_conf_destroy(conf);
                throw new KafkaFailedException($"client setting {name}: {Marshal.PtrToStringUTF8((nint)error)}");
            }
        }

        if (events != 0)
        {
            rd_kafka_conf_set_events(conf, events);
        }

        var client = rd_kafka_new(type, conf, error, 512);
        return client != 0 ? client : throw new KafkaFailedException(Marshal.PtrToStringUTF8((nint)error) ?? "the Kafka client could not be made");
    }

    internal static string Describe(int error) => Marshal.PtrToStringUTF8(rd_kafka_err2str(error)) ?? $"error {error}";
}
