using System.Runtime.InteropServices;
using StreamScoring.KafkaClients.Native;

namespace StreamScoring.Kafka;

/// <summary>
/// Native clients: how one is made, and how its partitions are read from elsewhere.
/// </summary>
internal static unsafe class NativeClients
{
    /// <summary>
    /// Makes an assigned partition be read from an offset on. A local matter of the client: no
    /// broker is asked. A partition whose offset was gone is read by nobody any more, and cannot be
    /// sought in: it is given up and assigned anew, which leaves its queue as it is.
    /// </summary>
    /// <exception cref="KafkaFailedException">The partition is not assigned.</exception>
    internal static void Seek(nint client, string topic, int partition, long offset)
    {
        const int timeoutMs = 10_000;
        var list = (Librdkafka.TopicPartitionList*)Librdkafka.rd_kafka_topic_partition_list_new(1);
        Librdkafka.rd_kafka_topic_partition_list_add((nint)list, topic, partition);
        Librdkafka.rd_kafka_topic_partition_list_set_offset((nint)list, topic, partition, offset);
        var reason = ReasonOf(Librdkafka.rd_kafka_seek_partitions(client, list, timeoutMs));
        if (reason is null && list->Elements[0].Error == Librdkafka.ErroneousState)
        {
            reason = ReasonOf(Librdkafka.rd_kafka_incremental_unassign(client, (nint)list)) ?? ReasonOf(Librdkafka.rd_kafka_incremental_assign(client, (nint)list));
        }
        else if (reason is null && list->Elements[0].Error != Librdkafka.NoError)
        {
            reason = Librdkafka.Describe(list->Elements[0].Error);
        }

        Librdkafka.rd_kafka_topic_partition_list_destroy((nint)list);
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

        var reason = Marshal.PtrToStringUTF8(Librdkafka.rd_kafka_error_string(error));
        Librdkafka.rd_kafka_error_destroy(error);
        return reason;
    }

    /// <summary>A client with these settings.</summary>
    /// <param name="events">Kinds of events that are put into its queue, instead of being told by
    /// callbacks.</param>
    /// <exception cref="KafkaFailedException">librdkafka does not know a setting or refuses its
    /// value.</exception>
    internal static nint New(int type, IEnumerable<KeyValuePair<string, string>> settings, int events = 0)
    {
        var conf = Librdkafka.rd_kafka_conf_new();
        var error = stackalloc byte[512];
        foreach (var (name, value) in settings)
        {
            if (Librdkafka.rd_kafka_conf_set(conf, name, value, error, 512) != 0)
            {
                Librdkafka.rd_kafka_conf_destroy(conf);
                throw new KafkaFailedException($"client setting {name}: {Marshal.PtrToStringUTF8((nint)error)}");
            }
        }

        if (events != 0)
        {
            Librdkafka.rd_kafka_conf_set_events(conf, events);
        }

        var client = Librdkafka.rd_kafka_new(type, conf, error, 512);
        return client != 0 ? client : throw new KafkaFailedException(Marshal.PtrToStringUTF8((nint)error) ?? "the Kafka client could not be made");
    }
}
