using Confluent.Kafka;

namespace StreamScoring.Client;

/// <summary>
/// The ends of partitions as they were when reading started: a reader that does not follow is done
/// when it has come to all of them.
/// </summary>
internal sealed class TopicEnds(IEnumerable<PartitionStart> starts)
{
    private readonly Dictionary<int, long> _ends = starts.Where(start => start.Offset < start.End).ToDictionary(start => start.Partition.Partition.Value, start => start.End);

    public bool AreReached => _ends.Count == 0;

    public void See(ConsumeResult<byte[]?, byte[]?> result)
    {
        // Behind a transaction's end there is a marker that is not read: the end event says so.
        if (_ends.TryGetValue(result.Partition.Value, out var end) && (result.IsPartitionEOF ? result.Offset.Value >= end : result.Offset.Value + 1 >= end))
        {
            _ends.Remove(result.Partition.Value);
        }
    }
}
