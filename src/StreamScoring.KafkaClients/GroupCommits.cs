using System.Runtime.InteropServices;
using System.Text;
using Confluent.Kafka;

namespace StreamScoring.KafkaClients;

/// <summary>
/// A group's committed offsets together with their metadata, which Confluent.Kafka does not show. Source: rdkafka.h of librdkafka 2.x,
/// whose ABI is stable.
/// </summary>
public static unsafe partial class GroupCommits
{
    /// <summary>Commits, and waits for the coordinator's answer.</summary>
    /// <exception cref="KafkaException">The coordinator refused, or does not answer.</exception>
    public static void Commit(Handle client, IReadOnlyCollection<GroupCommit> commits)
    {
        var list = rd_kafka_topic_partition_list_new(commits.Count);
        var texts = new List<nint>(commits.Count);
        try
        {
            foreach (var commit in commits)
            {
                var element = rd_kafka_topic_partition_list_add(list, commit.Topic, commit.Partition);
                element->Offset = commit.Offset;
                var bytes = Encoding.UTF8.GetBytes(commit.Metadata);
                var text = (byte*)NativeMemory.Alloc((nuint)bytes.Length + 1);
                bytes.CopyTo(new Span<byte>(text, bytes.Length));
                texts.Add((nint)text);
                element->Metadata = text;
                element->MetadataSize = (nuint)bytes.Length;
            }

            Require(rd_kafka_commit(NativeHandle.Of(client), list, isAsync: 0));
        }
        finally
        {
            // The list would free the texts with its own allocator; they are ours.
            for (var i = 0; i < texts.Count; i++)
            {
                list->Elements[i].Metadata = null;
                NativeMemory.Free((void*)texts[i]);
            }

            rd_kafka_topic_partition_list_destroy(list);
        }
    }

    /// <summary>What the client's group has committed for these partitions; those without a commit are left out.</summary>
    /// <exception cref="KafkaException">The coordinator refused, or does not answer in time.</exception>
    public static IReadOnlyList<GroupCommit> Read(Handle client, IReadOnlyCollection<TopicPartition> partitions, TimeSpan timeout)
    {
        var list = rd_kafka_topic_partition_list_new(partitions.Count);
        try
        {
            foreach (var partition in partitions)
            {
                rd_kafka_topic_partition_list_add(list, partition.Topic, partition.Partition.Value);
            }

            Require(rd_kafka_committed(NativeHandle.Of(client), list, (int)timeout.TotalMilliseconds));
            var commits = new List<GroupCommit>(partitions.Count);
            for (var i = 0; i < list->Count; i++)
            {
                ref var element = ref list->Elements[i];
                Require(element.Error);
                if (element.Offset >= 0)
                {
                    commits.Add(new GroupCommit(
                        Marshal.PtrToStringUTF8((nint)element.Topic)!, element.Partition, element.Offset,
                        element.Metadata is null ? "" : Encoding.UTF8.GetString((byte*)element.Metadata, (int)element.MetadataSize)));
                }
            }

            return commits;
        }
        finally
        {
            rd_kafka_topic_partition_list_destroy(list);
        }
    }

    private static void Require(int error)
    {
        if (error != 0)
        {
            throw new KafkaException((ErrorCode)error);
        }
    }

    [LibraryImport(LoadedLibrary.Name)]
    private static partial PartitionList* rd_kafka_topic_partition_list_new(int size);

    [LibraryImport(LoadedLibrary.Name, StringMarshalling = StringMarshalling.Utf8)]
    private static partial PartitionElement* rd_kafka_topic_partition_list_add(PartitionList* list, string topic, int partition);

    [LibraryImport(LoadedLibrary.Name)]
    private static partial void rd_kafka_topic_partition_list_destroy(PartitionList* list);

    [LibraryImport(LoadedLibrary.Name)]
    private static partial int rd_kafka_commit(SafeHandle client, PartitionList* list, int isAsync);

    [LibraryImport(LoadedLibrary.Name)]
    private static partial int rd_kafka_committed(SafeHandle client, PartitionList* list, int timeoutMs);

    /// <summary>rd_kafka_topic_partition_list_t.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct PartitionList
    {
        public int Count;
        public int Size;
        public PartitionElement* Elements;
    }

    /// <summary>rd_kafka_topic_partition_t.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct PartitionElement
    {
        public byte* Topic;
        public int Partition;
        public long Offset;
        public void* Metadata;
        public nuint MetadataSize;
        public void* Opaque;
        public int Error;
        public void* Private;
    }
}
