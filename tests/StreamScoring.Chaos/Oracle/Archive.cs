using StreamScoring.Chaos.World;

namespace StreamScoring.Chaos.Oracle;

/// <summary>
/// All that was ever published: a topic of inputs is read before anything of it is deleted.
/// </summary>
public sealed class Archive(LogDump dump)
{
    private readonly Dictionary<string, List<Held>> _topics = [];

    private sealed class Held(string id)
    {
        public string Id => id;

        public List<LogRecord> Records { get; } = [];

        public List<Deletion> Deletions { get; } = [];

        /// <summary>By partition: what is not read yet.</summary>
        public long[] Next { get; } = new long[Topics.Partitions];
    }

    /// <summary>Whether records of inputs are gone.</summary>
    public bool HasLosses => _topics.Values.Any(topics => topics.Count > 1 || topics[0].Deletions.Count > 0);

    /// <summary>A topic was made; one of that name, if there was any, is gone.</summary>
    public void Made(string topic, string id)
    {
        _topics.TryAdd(topic, []);
        _topics[topic].Add(new Held(id));
    }

    /// <summary>Reads what came since.</summary>
    /// <returns>By partition: where its records begin and end.</returns>
    public IReadOnlyList<(long Begin, long End)> ReadOn(string topic)
    {
        var held = _topics[topic][^1];
        foreach (var record in dump.Read(topic, held.Next))
        {
            held.Records.Add(record);
            held.Next[record.Partition] = record.Offset + 1;
        }

        return [.. held.Next.Select((end, partition) => (Topic(topic, held).BeginOf(partition), end))];
    }

    /// <summary>Records are about to be deleted: they may be gone from now on.</summary>
    public void Deletes(string topic, Deletion deletion) => _topics[topic][^1].Deletions.Add(deletion);

    /// <summary>Reads on, and gives all topics of that name, the one that is there last.</summary>
    public IReadOnlyList<InputTopic> ReadAll(string topic)
    {
        ReadOn(topic);
        return [.. _topics[topic].Select(held => Topic(topic, held))];
    }

    private InputTopic Topic(string name, Held held) => new(
        name, held.Id, [.. held.Records.OrderBy(record => record.Partition).ThenBy(record => record.Offset)], held.Deletions, IsFormer: held != _topics[name][^1]);
}
