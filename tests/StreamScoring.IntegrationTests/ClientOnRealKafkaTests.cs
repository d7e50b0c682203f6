using System.Threading.Channels;
using StreamScoring.Client;
using StreamScoring.TestSupport;

namespace StreamScoring.IntegrationTests;

public sealed class ClientOnRealKafkaTests(KafkaCluster cluster) : IClassFixture<KafkaCluster>
{
    private const string Topology = "topology/handbook/topology.yaml";
    private const int Partitions = 4;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [SharedFact]
    public async Task Members_of_a_group_read_each_decision_once_while_partitions_move_between_them()
    {
        var region = await RegionAsync("moving");
        using var log = new DecisionLog(cluster.Brokers, region.Decisions);
        var read = Channel.CreateUnbounded<(string Member, string Source)>();
        var seen = new List<(string Member, string Source)>();
        var written = 0;
        Write();
        await using var first = await MemberAsync(region, "first", read.Writer);
        await ReadAsync(written);
        Assert.Equal([0, 1, 2, 3], first.Reader.Partitions.Order());

        // The second member comes while decisions do.
        await using var second = await MemberAsync(region, "second", read.Writer);
        while (!seen.Exists(entry => entry.Member == "second"))
        {
            Write();
            await ReadAsync(written);
        }

        // The first one leaves. A replaced process repeats what the first had read, and only the
        // commits' metadata can know that.
        var moved = first.Reader.Partitions;
        Assert.NotEmpty(moved);
        await first.DisposeAsync();
        var repeated = second.Reader.Repeated;
        foreach (var partition in moved)
        {
            Enumerable.Range(Math.Max(0, written - 20), Math.Min(written, 20)).ToList().ForEach(offset => log.Decide(partition, offset));
        }

        Write();
        await ReadAsync(written);
        Assert.Equal([0, 1, 2, 3], second.Reader.Partitions.Order());
        Assert.Equal(seen.Count, seen.Select(entry => entry.Source).Distinct().Count());
        Assert.Equal(Math.Min(written - 10, 20) * moved.Count, second.Reader.Repeated - repeated);

        // Ten decisions more in each partition.
        void Write()
        {
            for (var i = 0; i < 10; i++, written++)
            {
                Enumerable.Range(0, Partitions).ToList().ForEach(partition => log.Decide(partition, written));
            }

            log.Flush();
        }

        async Task ReadAsync(int perPartition)
        {
            using var patience = new CancellationTokenSource(Patience);
            while (seen.Count < perPartition * Partitions)
            {
                seen.Add(await read.Reader.ReadAsync(patience.Token));
            }

            Assert.False(read.Reader.TryRead(out var more), $"{more} came beyond what was written");
        }
    }

    [SharedFact]
    public async Task What_a_member_had_committed_holds_for_the_next_and_what_it_had_not_is_read_again()
    {
        var region = await RegionAsync("killed");
        using var log = new DecisionLog(cluster.Brokers, region.Decisions);
        Enumerable.Range(0, 50).ToList().ForEach(offset => log.Decide(1, offset));
        log.Flush();
        var options = new DecisionReaderOptions { Group = "killed", CommitInterval = null, SessionTimeout = TimeSpan.FromSeconds(6) };
        // With commits by hand only, it leaves as a process does that is killed.
        var killed = await DecisionReader.OpenAsync(region, options);
        await foreach (var decision in killed.ReadAsync())
        {
            if (decision.Source.Offset == 29)
            {
                await killed.CommitAsync();
            }
            else if (decision.Source.Offset == 39)
            {
                break;
            }
        }

        Enumerable.Range(10, 50).ToList().ForEach(offset => log.Decide(1, offset));
        log.Flush();
        var sources = new List<long>();
        await killed.DisposeAsync();
        await using var next = await DecisionReader.OpenAsync(region, options);
        using var patience = new CancellationTokenSource(Patience);
        await foreach (var decision in next.ReadAsync(patience.Token))
        {
            sources.Add(decision.Source.Offset);
            if (decision.Source.Offset == 59)
            {
                break;
            }
        }

        Assert.Equal(Enumerable.Range(30, 30).Select(offset => (long)offset), sources);
        Assert.Equal(40, next.Repeated);
    }

    [SharedFact]
    public async Task An_aborted_transaction_is_not_read_unless_it_is_asked_for()
    {
        var region = await RegionAsync("aborted");
        using (var log = new DecisionLog(cluster.Brokers, region.Decisions, transaction: "aborted"))
        {
            log.Producer.InitTransactions(Patience);
            foreach (var (start, isCommitted) in new[] { (0, true), (10, false), (20, true) })
            {
                log.Producer.BeginTransaction();
                Enumerable.Range(start, 10).ToList().ForEach(offset => log.Decide(0, offset));
                // Aborting throws away what was not sent.
                log.Flush();
                if (isCommitted)
                {
                    log.Producer.CommitTransaction(Patience);
                }
                else
                {
                    log.Producer.AbortTransaction(Patience);
                }
            }
        }

        Assert.Equal([.. Enumerable.Range(0, 10), .. Enumerable.Range(20, 10)], await OffsetsAsync(readCommitted: true));
        Assert.Equal(Enumerable.Range(0, 30), await OffsetsAsync(readCommitted: false));

        async Task<List<int>> OffsetsAsync(bool readCommitted)
        {
            await using var reader = await DecisionReader.OpenAsync(region, new DecisionReaderOptions { Follow = false, ReadCommitted = readCommitted });
            var offsets = new List<int>();
            await foreach (var decision in reader.ReadAsync())
            {
                offsets.Add((int)decision.Source.Offset);
            }

            return offsets;
        }
    }

    private async Task<ScoringRegion> RegionAsync(string name)
    {
        await ScoringProcess.SucceedAsync(cluster.Environment, [
            "topics", "create", "--topology", Topology, "--set", $"regions.eu.topics.payments={name}-payments", "--set", $"regions.eu.topics.labels={name}-labels",
            "--set", $"regions.eu.topics.decisions={name}-decisions", "--set", $"regions.eu.topics.deadLetters={name}-dead-letters"]);
        return new ScoringRegion { Name = "eu", Kafka = new KafkaSettings(cluster.Brokers), Decisions = $"{name}-decisions" };
    }

    private static async Task<Member> MemberAsync(ScoringRegion region, string name, ChannelWriter<(string, string)> read)
    {
        var reader = await DecisionReader.OpenAsync(region, new DecisionReaderOptions { Group = "members" });
        return new Member(reader, name, read);
    }

    private sealed class Member : IAsyncDisposable
    {
        private readonly CancellationTokenSource _stop = new();
        private readonly Task _reading;

        public Member(DecisionReader reader, string name, ChannelWriter<(string, string)> read)
        {
            Reader = reader;
            _reading = Task.Run(async () =>
            {
                await foreach (var decision in reader.ReadAsync(_stop.Token))
                {
                    read.TryWrite((name, decision.Source.ToString()));
                }
            });
        }

        public DecisionReader Reader { get; }

        public async ValueTask DisposeAsync()
        {
            await _stop.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _reading);
            await Reader.DisposeAsync();
        }
    }
}
