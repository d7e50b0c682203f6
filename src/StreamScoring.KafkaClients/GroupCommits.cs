using System.Runtime.InteropServices;
using System.Text;
using Confluent.Kafka;
using StreamScoring.KafkaClients.Native;

namespace StreamScoring.KafkaClients;

/// <summary>
/// A group's committed offsets together with their metadata, which Confluent.Kafka does not show.
/// </summary>
public static unsafe class GroupCommits
{
    /// <summary>Commits, and waits for the coordinator's answer.</summary>
    /// <exception cref="KafkaException">The coordinator refused, or does not answer.</exception>
    public static void Commit(Handle client, IReadOnlyCollection<GroupCommit> commits)
    {
        var list = (Librdkafka.TopicPartitionList*)Librdkafka.rd_kafka_topic_partition_list_new(commits.Count);
        var texts = new List<nint>(commits.Count);
        try
        {
            foreach (var commit in commits)
            {
                var element = (Librdkafka.TopicPartition*)Librdkafka.rd_kafka_topic_partition_list_add((nint)list, commit.Topic, commit.Partition);
                element->Offset = commit.Offset;
                var bytes = Encoding.UTF8.GetBytes(commit.Metadata);
                var text = (byte*)NativeMemory.Alloc((nuint)bytes.Length + 1);
                bytes.CopyTo(new Span<byte>(text, bytes.Length));
                texts.Add((nint)text);
                element->Metadata = (nint)text;
                element->MetadataSize = (nuint)bytes.Length;
            }

            Require(Librdkafka.rd_kafka_commit(NativeHandle.Of(client), list, isAsync: 0));
        }
        finally
        {
            // The list would free the texts with its own allocator; they are ours.
            for (var i = 0; i < texts.Count; i++)
            {
                list->Elements[i].Metadata = 0;
                NativeMemory.Free((void*)texts[i]);
            }

            Librdkafka.rd_kafka_topic_partition_list_destroy((nint)list);
        }
    }

    /// <summary>
    /// What the client's group has committed for these partitions; those without a commit are left
    /// out.
    /// </summary>
    /// <exception cref="KafkaException">The coordinator refused, or does not answer in
    /// time.</exception>
    public static IReadOnlyList<GroupCommit> Read(Handle client, IReadOnlyCollection<TopicPartition> partitions, TimeSpan timeout)
    {
        var list = (Librdkafka.TopicPartitionList*)Librdkafka.rd_kafka_topic_partition_list_new(partitions.Count);
        try
        {
            foreach (var partition in partitions)
            {
                Librdkafka.rd_kafka_topic_partition_list_add((nint)list, partition.Topic, partition.Partition.Value);
            }

            Require(Librdkafka.rd_kafka_committed(NativeHandle.Of(client), list, (int)timeout.TotalMilliseconds));
            var commits = new List<GroupCommit>(partitions.Count);
            for (var i = 0; i < list->Count; i++)
            {
                ref var element = ref list->Elements[i];
                Require(element.Error);
                if (element.Offset >= 0)
                {
                    commits.Add(new GroupCommit(
                        Marshal.PtrToStringUTF8(element.Topic)!, element.Partition, element.Offset,
                        element.Metadata == 0 ? "" : Encoding.UTF8.GetString((byte*)element.Metadata, (int)element.MetadataSize)));
                }
            }

            return commits;
        }
        finally
        {
            Librdkafka.rd_kafka_topic_partition_list_destroy((nint)list);
        }
    }

    private static void Require(int error)
    {
        if (error != 0)
        {
            throw new KafkaException((ErrorCode)error);
        }
    }
}
