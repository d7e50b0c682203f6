using StreamScoring.Logs;

namespace StreamScoring.Host.Replaying;

/// <summary>
/// Puts recorded batches into chains. One state can derive batches one after the other where each
/// begins with all that those before it held. Processes that decide side by side fold the logs in
/// other orders, and so does one that starts again from a snapshot: their batches lie in several
/// chains. As few as a greedy choice finds: of the chains that a batch can follow, the one that has
/// come furthest.
/// </summary>
internal sealed class ReplayChains
{
    private readonly Func<int, string> _pathOf;
    private readonly List<Open> _chains = [];

    private ReplayChains(Func<int, string> pathOf) => _pathOf = pathOf;

    /// <summary>Parts of one batch: where the decisions of each partition lie.</summary>
    public readonly record struct Part(int Partition, long Place);

    /// <summary>Where a chain's batches lie, in their order.</summary>
    /// <param name="Path">Of its file.</param>
    /// <param name="Batches">How many there are.</param>
    public sealed record Chain(string Path, long Batches);

    private sealed class Open(string path, int logCount)
    {
        public string Path => path;

        /// <summary>[logs] What its last batch leaves, at the least.</summary>
        public long[] End { get; } = new long[logCount];

        public long Sum { get; set; }

        public long Batches { get; set; }

        public BinaryWriter File { get; } = new(new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 12));
    }

    /// <summary>All batches.</summary>
    public static List<Chain> Of(RecordedDecisions decisions, LogTable logs) =>
        Assign(MergeAll(decisions, logs), chain => decisions.PathOf($"chain-{chain}"));

    /// <summary>Batches that a chain turned out not to be able to derive.</summary>
    /// <param name="left">Their parts.</param>
    public static List<Chain> Of(RecordedDecisions decisions, LogTable logs, IEnumerable<Part[]> left, int round)
    {
        var blocks = decisions.Partitions.ToDictionary(partition => partition, decisions.Open);
        try
        {
            var batches = left.Select(parts => (Batch: ReplayedBatch.Read(blocks[parts[0].Partition].HeadAt(parts[0].Place)!.Value.Vector, logs, out _), parts)).OrderBy(batch => batch.Batch.Sum).ToList();
            return Assign(batches, chain => decisions.PathOf($"chain-{round}-{chain}"));
        }
        finally
        {
            foreach (var open in blocks.Values)
            {
                open.Dispose();
            }
        }
    }

    /// <summary>Reads a chain's batches back.</summary>
    public static IEnumerable<Part[]> Read(Chain chain)
    {
        using var file = new BinaryReader(new FileStream(chain.Path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16));
        for (var i = 0L; i < chain.Batches; i++)
        {
            var parts = new Part[file.Read7BitEncodedInt()];
            for (var part = 0; part < parts.Length; part++)
            {
                parts[part] = new Part(file.Read7BitEncodedInt(), file.Read7BitEncodedInt64());
            }

            yield return parts;
        }
    }

    /// <summary>
    /// The batches of all partitions, those with less before those with more; what one batch
    /// decided in several partitions comes together, as a rule. Where an owner began behind where
    /// the one before it had been, a partition's batches go back: they come later then, and cost a
    /// chain.
    /// </summary>
    private static IEnumerable<(ReplayedBatch Batch, Part[] Parts)> MergeAll(RecordedDecisions decisions, LogTable logs)
    {
        var heads = new PriorityQueue<Head, Head>(Comparer<Head>.Create(Head.Compare));
        var blocks = new Dictionary<int, DecisionBlocks>();
        try
        {
            foreach (var partition in decisions.Partitions)
            {
                blocks.Add(partition, decisions.Open(partition));
                Advance(partition, 0);
            }

            while (heads.TryDequeue(out var first, out _))
            {
                var parts = new List<Part> { new(first.Partition, first.Place) };
                Advance(first.Partition, first.NextPlace);
                while (heads.TryPeek(out var same, out _) && same.Vector.AsSpan().SequenceEqual(first.Vector))
                {
                    heads.Dequeue();
                    parts.Add(new Part(same.Partition, same.Place));
                    Advance(same.Partition, same.NextPlace);
                }

                yield return (first.Batch, [.. parts]);
            }
        }
        finally
        {
            foreach (var open in blocks.Values)
            {
                open.Dispose();
            }
        }

        void Advance(int partition, long place)
        {
            if (blocks[partition].HeadAt(place) is var (vector, next))
            {
                var batch = ReplayedBatch.Read(vector, logs, out _);
                var head = new Head(batch, batch.Sum, vector, partition, place, next);
                heads.Enqueue(head, head);
            }
        }
    }

    /// <param name="batches">Those with less before those with more.</param>
    /// <param name="pathOf">By its number: where a chain's file is to lie.</param>
    public static List<Chain> Assign(IEnumerable<(ReplayedBatch Batch, Part[] Parts)> batches, Func<int, string> pathOf) => new ReplayChains(pathOf).Assign(batches);

    private List<Chain> Assign(IEnumerable<(ReplayedBatch Batch, Part[] Parts)> batches)
    {
        foreach (var (batch, parts) in batches)
        {
            var chain = _chains.Where(open => Follows(batch, open)).MaxBy(open => open.Sum) ?? Begin(batch.Next.Length);
            chain.Sum = 0;
            for (var logIndex = 0; logIndex < batch.Next.Length; logIndex++)
            {
                // Offsets may have gaps, so this is the least that it may be.
                chain.End[logIndex] = Math.Max(batch.Next[logIndex], batch.First[logIndex] + batch.Taken[logIndex]);
                chain.Sum += chain.End[logIndex];
            }

            chain.Batches++;
            chain.File.Write7BitEncodedInt(parts.Length);
            foreach (var (partition, place) in parts)
            {
                chain.File.Write7BitEncodedInt(partition);
                chain.File.Write7BitEncodedInt64(place);
            }
        }

        _chains.ForEach(chain => chain.File.Dispose());
        return _chains.ConvertAll(chain => new Chain(chain.Path, chain.Batches));
    }

    private static bool Follows(ReplayedBatch batch, Open chain)
    {
        for (var logIndex = 0; logIndex < batch.Next.Length; logIndex++)
        {
            if (chain.End[logIndex] > batch.Next[logIndex])
            {
                return false;
            }
        }

        return true;
    }

    private Open Begin(int logCount)
    {
        var chain = new Open(_pathOf(_chains.Count), logCount);
        _chains.Add(chain);
        return chain;
    }

    private sealed record Head(ReplayedBatch Batch, long Sum, byte[] Vector, int Partition, long Place, long NextPlace)
    {
        public static int Compare(Head one, Head other)
        {
            var order = one.Sum.CompareTo(other.Sum);
            order = order != 0 ? order : one.Vector.AsSpan().SequenceCompareTo(other.Vector);
            return order != 0 ? order : one.Partition.CompareTo(other.Partition);
        }
    }
}
