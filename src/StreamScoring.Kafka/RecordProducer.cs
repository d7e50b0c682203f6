using System.Runtime.InteropServices;
using System.Text;
using StreamScoring.Contracts;
using StreamScoring.KafkaClients.Native;

namespace StreamScoring.Kafka;

/// <summary>
/// A producer that is handed records field by field, and hears of many deliveries at once on a
/// thread of its own. Of Confluent.Kafka's, which makes some ten objects a record, a payment's
/// decision cost more than to score it (docs/performance.md).
/// </summary>
internal sealed unsafe class RecordProducer : IDisposable
{
    private const int MessagesMax = 1024, PollMs = 1000;

    private readonly Action<nint, int> _onDelivered;
    private readonly Action<RefusedBatch> _onTooLarge;
    private readonly Action<int, string, bool> _onError;
    private readonly nint _client;
    private readonly nint _events;
    private readonly List<nint> _topics = [];
    private readonly Thread _thread;
    private volatile bool _isStopping;

    /// <param name="settings">By librdkafka's names.</param>
    /// <param name="name">Of the thread.</param>
    /// <param name="onDelivered">Told of each record that is sent with an opaque other than 0, or
    /// that failed: opaque and error code. On the producer's thread.</param>
    /// <param name="onTooLarge">Told of records that were sent in one piece and refused for their
    /// size, before <paramref name="onDelivered"/> is told of each.</param>
    /// <param name="onError">Told of the client's errors: code, reason, whether nothing can be sent
    /// any more; the code is then the cause. On the producer's thread.</param>
    /// <exception cref="KafkaFailedException">librdkafka does not know a setting or refuses its
    /// value.</exception>
    public RecordProducer(IEnumerable<KeyValuePair<string, string>> settings, string name, Action<nint, int> onDelivered, Action<RefusedBatch> onTooLarge, Action<int, string, bool> onError)
    {
        (_onDelivered, _onTooLarge, _onError) = (onDelivered, onTooLarge, onError);
        _client = NativeClients.New(Librdkafka.ProducerType, settings, Librdkafka.DeliveryEvent | Librdkafka.ErrorEvent);
        _events = Librdkafka.rd_kafka_queue_get_main(_client);
        _thread = new Thread(Serve) { IsBackground = true, Name = name };
        _thread.Start();
    }

    /// <summary>A topic that records can be sent to, for as long as the producer lives.</summary>
    public nint Topic(string name)
    {
        var topic = Librdkafka.rd_kafka_topic_new(_client, name, 0);
        Invariant.Require(topic != 0);
        _topics.Add(topic);
        return topic;
    }

    /// <summary>Sends a record; its bytes are copied.</summary>
    /// <returns>Null, or why it was refused.</returns>
    public string? Send(Librdkafka.Field* fields, int count)
    {
        var error = Librdkafka.rd_kafka_produceva(_client, fields, (nuint)count);
        if (error == 0)
        {
            return null;
        }

        var reason = Marshal.PtrToStringUTF8(Librdkafka.rd_kafka_error_string(error));
        Librdkafka.rd_kafka_error_destroy(error);
        return reason ?? "no reason was given";
    }

    /// <summary>What is not acknowledged yet is given up.</summary>
    public void Dispose()
    {
        _isStopping = true;
        Librdkafka.rd_kafka_queue_yield(_events);
        _thread.Join();
        Librdkafka.rd_kafka_queue_destroy(_events);
        _topics.ForEach(Librdkafka.rd_kafka_topic_destroy);
        Librdkafka.rd_kafka_destroy(_client);
    }

    private void Serve()
    {
        var messages = stackalloc Librdkafka.Message*[MessagesMax];
        while (!_isStopping)
        {
            var @event = Librdkafka.rd_kafka_queue_poll(_events, PollMs);
            if (@event == 0)
            {
                continue;
            }

            switch (Librdkafka.rd_kafka_event_type(@event))
            {
                case Librdkafka.DeliveryEvent:
                    Report(@event, messages);
                    break;
                case Librdkafka.ErrorEvent:
                    var error = Librdkafka.rd_kafka_event_error(@event);
                    var reason = Marshal.PtrToStringUTF8(Librdkafka.rd_kafka_event_error_string(@event)) ?? Librdkafka.Describe(error);
                    _onError(error == Librdkafka.Fatal ? Librdkafka.rd_kafka_fatal_error(_client, null, 0) : error, reason, error == Librdkafka.Fatal);
                    break;
            }

            Librdkafka.rd_kafka_event_destroy(@event);
        }
    }

    private void Report(nint @event, Librdkafka.Message** messages)
    {
        int count;
        while ((count = (int)Librdkafka.rd_kafka_event_message_array(@event, messages, MessagesMax)) > 0)
        {
            ReportTooLarge(messages, count);
            for (var i = 0; i < count; i++)
            {
                if (messages[i]->Private != 0 || messages[i]->Error != Librdkafka.NoError)
                {
                    _onDelivered(messages[i]->Private, messages[i]->Error);
                }
            }
        }
    }

    /// <summary>
    /// An event tells of records of one partition; where it is one of refused records, of those of
    /// one batch.
    /// </summary>
    private void ReportTooLarge(Librdkafka.Message** messages, int count)
    {
        var (refused, largest) = (0, -1);
        for (var i = 0; i < count; i++)
        {
            if (messages[i]->Error == Librdkafka.MessageTooLarge)
            {
                refused++;
                largest = largest < 0 || messages[i]->Length > messages[largest]->Length ? i : largest;
            }
        }

        if (refused > 0)
        {
            var message = messages[largest];
            _onTooLarge(new RefusedBatch(
                Marshal.PtrToStringUTF8(Librdkafka.rd_kafka_topic_name(message->Topic)) ?? "", message->Partition, refused,
                PositionOf(message),
                (long)(message->Length + message->KeyLength)));
        }
    }

    private static string PositionOf(Librdkafka.Message* message) =>
        Librdkafka.Header(message, RecordHeaders.Source) is { Length: > 0 } source ? SourceHeader.TryRead(Encoding.UTF8.GetBytes(source), out _)?.ToString() ?? source
        : string.Join('/', new[] { RecordHeaders.Region, RecordHeaders.Topic, RecordHeaders.Partition, RecordHeaders.Offset }.Select(name => Librdkafka.Header(message, name)));
}
