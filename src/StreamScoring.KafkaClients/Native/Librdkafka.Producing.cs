using System.Runtime.InteropServices;

namespace StreamScoring.KafkaClients.Native;

/// <summary>
/// Sending records without an object each, and hearing of them in batches. Source: rdkafka.h of
/// librdkafka 2.x.
/// </summary>
internal static unsafe partial class Librdkafka
{
    /// <summary>
    /// RD_KAFKA_MSG_F_COPY: the client copies key and value before the call returns.
    /// </summary>
    public const int CopyFlag = 2;

    public const int DeliveryEvent = 0x1, ErrorEvent = 0x8;

    /// <summary>Kinds of fields of a record that is sent, rd_kafka_vtype_t.</summary>
    internal enum FieldKind
    {
        Topic = 2,
        Partition = 3,
        Value = 4,
        Key = 5,
        Opaque = 6,
        Flags = 7,
        Header = 9,
    }

    [LibraryImport(Name)]
    internal static partial nint rd_kafka_produceva(nint client, Field* fields, nuint count);

    [LibraryImport(Name, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial nint rd_kafka_topic_new(nint client, string topic, nint conf);

    [LibraryImport(Name)]
    internal static partial void rd_kafka_topic_destroy(nint topic);

    [LibraryImport(Name)]
    internal static partial void rd_kafka_conf_set_events(nint conf, int events);

    [LibraryImport(Name)]
    internal static partial nint rd_kafka_queue_get_main(nint client);

    [LibraryImport(Name)]
    internal static partial nint rd_kafka_queue_poll(nint queue, int timeoutMs);

    [LibraryImport(Name)]
    internal static partial void rd_kafka_queue_yield(nint queue);

    [LibraryImport(Name)]
    internal static partial int rd_kafka_event_type(nint @event);

    [LibraryImport(Name)]
    internal static partial nuint rd_kafka_event_message_array(nint @event, Message** messages, nuint size);

    [LibraryImport(Name)]
    internal static partial int rd_kafka_event_error(nint @event);

    [LibraryImport(Name)]
    internal static partial nint rd_kafka_event_error_string(nint @event);

    [LibraryImport(Name)]
    internal static partial void rd_kafka_event_destroy(nint @event);

    /// <summary>Why a producer is of no use any more; 0 where it still is.</summary>
    [LibraryImport(Name)]
    internal static partial int rd_kafka_fatal_error(nint client, byte* reason, nuint reasonSize);

    [LibraryImport(Name)]
    internal static partial nint rd_kafka_topic_name(nint topic);

    [LibraryImport(Name)]
    internal static partial int rd_kafka_message_headers(Message* message, nint* headers);

    [LibraryImport(Name, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int rd_kafka_header_get_last(nint headers, string name, byte** value, nuint* size);

    /// <summary>A record's header as text; empty where it has none by that name.</summary>
    internal static string Header(Message* message, string name)
    {
        nint headers;
        byte* value;
        nuint size;
        return rd_kafka_message_headers(message, &headers) == NoError && rd_kafka_header_get_last(headers, name, &value, &size) == NoError
            ? System.Text.Encoding.UTF8.GetString(value, (int)size)
            : "";
    }

    /// <summary>
    /// One field of a record that is sent: rd_kafka_vu_t, of which each kind uses a part.
    /// </summary>
    [StructLayout(LayoutKind.Explicit, Size = 72)]
    internal struct Field
    {
        [FieldOffset(0)]
        public FieldKind Kind;

        /// <summary>Partition, flags.</summary>
        [FieldOffset(8)]
        public int Number;

        /// <summary>Topic, opaque, a value's or key's bytes, a header's name.</summary>
        [FieldOffset(8)]
        public nint Pointer;

        /// <summary>Of a value or key.</summary>
        [FieldOffset(16)]
        public nuint Size;

        [FieldOffset(16)]
        public nint HeaderValue;

        [FieldOffset(24)]
        public nint HeaderSize;
    }
}
