using StreamScoring.Contracts;
using StreamScoring.Logs;

namespace StreamScoring.Host.Replaying;

/// <summary>
/// What a batch was made of, by its vector (docs/wire-format.md): of each log, which of the
/// table's, up to where the state held it before, and the stretch that the batch took.
/// </summary>
internal sealed class ReplayedBatch
{
    public ReplayedBatch(int logCount) => (Next, First, Taken) = (new long[logCount], new long[logCount], new int[logCount]);

    /// <summary>[logs] The next offset that the state did not hold.</summary>
    public long[] Next { get; }

    /// <summary>[logs] The first offset of the batch; below <see cref="Next"/> where it took what
    /// the state held.</summary>
    public long[] First { get; }

    /// <summary>[logs] Records of the batch.</summary>
    public int[] Taken { get; }

    public int RowCount => Taken.Sum();

    /// <summary>A batch behind which another one comes has less.</summary>
    public long Sum => Next.Sum();

    /// <summary>What a table's logs had before a batch; nothing of it is taken.</summary>
    /// <param name="vector">Empty: nothing of any log.</param>
    public static ReplayedBatch Read(ReadOnlyMemory<byte> vector, LogTable logs)
    {
        var batch = vector.IsEmpty ? new ReplayedBatch(logs.Count) : Read(vector, logs, out _);
        Array.Clear(batch.Taken);
        return batch;
    }

    /// <param name="unread">A log that the vector has and the table does not; null for
    /// none.</param>
    public static ReplayedBatch Read(ReadOnlyMemory<byte> vector, LogTable logs, out LogId? unread)
    {
        unread = null;
        var batch = new ReplayedBatch(logs.Count);
        foreach (var entry in BatchVector.Read(vector))
        {
            var log = new LogId(entry.Region, entry.Topic, entry.Partition);
            if (logs.IndexOf(log) is >= 0 and var logIndex)
            {
                (batch.Next[logIndex], batch.First[logIndex]) = (entry.Next, entry.First);
                // What changes the policy holds from the next batch on, so it is taken with that.
                batch.Taken[logIndex] = logs.IsPolicy(logIndex) ? 0 : entry.Taken;
            }
            else if (entry.Next > 0 || entry.Taken > 0)
            {
                unread = log;
            }
        }

        return batch;
    }
}
