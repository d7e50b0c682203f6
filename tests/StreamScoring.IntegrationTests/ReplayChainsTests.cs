using StreamScoring.Host.Replaying;

namespace StreamScoring.IntegrationTests;

/// <summary>Batches of processes that fold logs in orders of their own, put into chains.</summary>
public sealed class ReplayChainsTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("chains").FullName;

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 2)]
    [InlineData(3, 3)]
    [InlineData(4, 5)]
    public void Each_batch_is_in_one_chain_and_begins_there_with_all_that_those_before_it_left(int seed, int processes)
    {
        var batches = Batches(new Random(seed), processes);
        var chains = Assign(batches);

        var derived = new List<int>();
        foreach (var chain in chains)
        {
            var end = new long[batches[0].Next.Length];
            foreach (var parts in ReplayChains.Read(chain))
            {
                var batch = batches[parts.Single().Partition];
                for (var log = 0; log < end.Length; log++)
                {
                    Assert.True(end[log] <= batch.Next[log]);
                    end[log] = Math.Max(batch.Next[log], batch.First[log] + batch.Taken[log]);
                }

                derived.Add(parts.Single().Partition);
            }
        }

        Assert.Equal(Enumerable.Range(0, batches.Count), derived.Order());
        Assert.InRange(chains.Count, 1, batches.Count / 4);
    }

    [Fact]
    public void One_process_is_one_chain_also_where_it_took_over_what_it_had_read() =>
        Assert.Single(Assign(Batches(new Random(9), processes: 1)));

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private List<ReplayChains.Chain> Assign(List<ReplayedBatch> batches) => ReplayChains.Assign(
        batches.Select((batch, i) => (batch, new[] { new ReplayChains.Part(i, i) })).OrderBy(batch => batch.batch.Sum), chain => Path.Combine(_folder, $"{chain}"));

    /// <summary>Each process takes from one of four logs at a time, as it likes; now and then it
    /// takes again what it had.</summary>
    private static List<ReplayedBatch> Batches(Random random, int processes)
    {
        var batches = new List<ReplayedBatch>();
        for (var process = 0; process < processes; process++)
        {
            var vector = new long[4];
            for (var i = 0; i < 100; i++)
            {
                var batch = new ReplayedBatch(vector.Length);
                var (log, taken) = (random.Next(vector.Length), random.Next(1, 9));
                vector.CopyTo(batch.Next, 0);
                vector.CopyTo(batch.First, 0);
                batch.First[log] -= random.Next(10) == 0 ? Math.Min(vector[log], 5) : 0;
                batch.Taken[log] = taken;
                vector[log] = Math.Max(vector[log], batch.First[log] + taken);
                batches.Add(batch);
            }
        }

        return batches;
    }
}
