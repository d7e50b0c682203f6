using MessagePack;

namespace StreamScoring.Contracts;

/// <summary>
/// The header <see cref="RecordHeaders.Vector"/> of the first decision that a batch writes to a
/// partition: the offset vector of the state before the batch, and how many records of each log the
/// batch took. With it the decisions of the batch can be derived again from the logs.
/// </summary>
/// <remarks>
/// MessagePack: an array, the version first; then for each topic that is read an array of its name
/// (<c>region/topic</c>) and four whole numbers for each partition: the partition, the next offset
/// less that of the partition before, the records taken, and the first of these less the next
/// offset: below 0 where records were decided that the state held already, 0 else.
/// </remarks>
public static class BatchVector
{
    public const int Version = 1;

    /// <summary>One log of a vector.</summary>
    /// <param name="Next">The next offset that the state did not hold.</param>
    /// <param name="Taken">Records of the log in the batch.</param>
    /// <param name="First">Offset of the first of them.</param>
    public readonly record struct Entry(string Region, string Topic, int Partition, long Next, int Taken, long First);

    /// <exception cref="MessagePackSerializationException">The bytes are no vector of this
    /// version.</exception>
    public static IReadOnlyList<Entry> Read(ReadOnlyMemory<byte> bytes)
    {
        var reader = new MessagePackReader(bytes);
        var count = reader.ReadArrayHeader();
        if (count < 1 || reader.ReadInt32() != Version)
        {
            throw new MessagePackSerializationException($"not a vector of version {Version}");
        }

        var entries = new List<Entry>();
        for (var topic = 1; topic < count; topic++)
        {
            var length = reader.ReadArrayHeader();
            var name = (reader.ReadString() ?? "").Split('/');
            if (name.Length != 2 || length % 4 != 1)
            {
                throw new MessagePackSerializationException("a topic of the vector is malformed");
            }

            var next = 0L;
            for (var i = 1; i < length; i += 4)
            {
                var partition = reader.ReadInt32();
                next += reader.ReadInt64();
                entries.Add(new Entry(name[0], name[1], partition, next, reader.ReadInt32(), next + reader.ReadInt64()));
            }
        }

        return entries;
    }
}
