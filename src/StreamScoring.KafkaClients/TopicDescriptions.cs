using System.Diagnostics;
using System.Runtime.InteropServices;
using Confluent.Kafka;
using StreamScoring.KafkaClients.Native;

namespace StreamScoring.KafkaClients;

/// <summary>Asks brokers what topics are.</summary>
/// <remarks>
/// Not by Confluent.Kafka's <c>DescribeTopicsAsync</c>: its admin client (2.16) fails on a
/// partition that has no replica in sync, as there is while a broker stands still. Then it frees
/// what is native of it, never answers, and aborts the process when it is disposed of.
/// </remarks>
public static unsafe class TopicDescriptions
{
    private const int DescribeTopics = 19;
    private const int PollMs = 100;

    /// <summary>The client's own time-out comes first.</summary>
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan NamePatience = TimeSpan.FromSeconds(1);

    /// <summary>Asks, and waits for the answer.</summary>
    /// <param name="topics">Their names; at least one, each once.</param>
    /// <param name="isEmbedded">Says in the brokers' place whether they are the embedded
    /// one.</param>
    /// <returns>Of each topic; null where the brokers tell no ids: older ones, and the embedded
    /// one.</returns>
    /// <exception cref="KafkaException">They do not answer in time, or refuse.</exception>
    public static IReadOnlyList<DescribedTopic>? Of(Handle client, IReadOnlyCollection<string> topics, TimeSpan patience, Func<bool>? isEmbedded = null)
    {
        var handle = NativeHandle.Of(client);
        var isHeld = false;
        try
        {
            // A client that is disposed of while it is asked is freed when the answer is there.
            handle.DangerousAddRef(ref isHeld);
            return Ask(handle, topics, patience);
        }
        catch (KafkaException e) when (e.Error.Code is ErrorCode.Local_UnsupportedFeature or ErrorCode.UnsupportedVersion)
        {
            return null;
        }
        catch (KafkaException e) when (e.Error.Code == ErrorCode.Local_TimedOut && (isEmbedded?.Invoke() ?? ClusterNames.IsMock(client, NamePatience)))
        {
            // It knows no controller, which the client asks for ids. A real cluster has none while
            // it elects one: what is written meanwhile without ids would count for whatever topic
            // of that name is there later.
            return null;
        }
        finally
        {
            if (isHeld)
            {
                handle.DangerousRelease();
            }
        }
    }

    private static List<DescribedTopic> Ask(SafeHandle client, IReadOnlyCollection<string> topics, TimeSpan patience)
    {
        var queue = Librdkafka.rd_kafka_queue_new(client);
        var options = Librdkafka.rd_kafka_AdminOptions_new(client, DescribeTopics);
        var names = topics.Select(Marshal.StringToCoTaskMemUTF8).ToArray();
        var wanted = Librdkafka.rd_kafka_TopicCollection_of_topic_names(names, (nuint)names.Length);
        nint answer = 0;
        try
        {
            var error = stackalloc byte[256];
            Require(Librdkafka.rd_kafka_AdminOptions_set_request_timeout(options, (int)patience.TotalMilliseconds, error, 256), Marshal.PtrToStringUTF8((nint)error));
            Librdkafka.rd_kafka_DescribeTopics(client, wanted, options, queue);
            for (var since = Stopwatch.GetTimestamp(); answer == 0; answer = Librdkafka.rd_kafka_queue_poll(queue, PollMs))
            {
                if (Stopwatch.GetElapsedTime(since) > patience + Margin)
                {
                    throw new KafkaException(new Error(ErrorCode.Local_TimedOut, $"no answer came within {patience.TotalSeconds:0} s"));
                }
            }

            Require(Librdkafka.rd_kafka_event_error(answer), Marshal.PtrToStringUTF8(Librdkafka.rd_kafka_event_error_string(answer)));
            return Read(answer);
        }
        finally
        {
            if (answer != 0)
            {
                Librdkafka.rd_kafka_event_destroy(answer);
            }

            Librdkafka.rd_kafka_TopicCollection_destroy(wanted);
            Array.ForEach(names, Marshal.FreeCoTaskMem);
            Librdkafka.rd_kafka_AdminOptions_destroy(options);
            Librdkafka.rd_kafka_queue_destroy(queue);
        }
    }

    private static List<DescribedTopic> Read(nint answer)
    {
        nuint count, partitions;
        var described = Librdkafka.rd_kafka_DescribeTopics_result_topics(Librdkafka.rd_kafka_event_DescribeTopics_result(answer), &count);
        var topics = new List<DescribedTopic>((int)count);
        for (nuint i = 0; i < count; i++)
        {
            _ = Librdkafka.rd_kafka_TopicDescription_partitions(described[i], &partitions);
            topics.Add(new DescribedTopic(
                Marshal.PtrToStringUTF8(Librdkafka.rd_kafka_TopicDescription_name(described[i]))!, IdOf(Librdkafka.rd_kafka_TopicDescription_topic_id(described[i])), (int)partitions,
                (ErrorCode)Librdkafka.rd_kafka_error_code(Librdkafka.rd_kafka_TopicDescription_error(described[i]))));
        }

        return topics;
    }

    /// <summary>One of nothing but zeros stands for none.</summary>
    private static string IdOf(nint id) => id == 0 || (Librdkafka.rd_kafka_Uuid_most_significant_bits(id) | Librdkafka.rd_kafka_Uuid_least_significant_bits(id)) == 0 ? ""
        : Marshal.PtrToStringUTF8(Librdkafka.rd_kafka_Uuid_base64str(id))!;

    private static void Require(int error, string? reason)
    {
        if (error != 0)
        {
            throw new KafkaException(new Error((ErrorCode)error, reason));
        }
    }
}
