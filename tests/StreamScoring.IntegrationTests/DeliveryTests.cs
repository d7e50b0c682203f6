using Confluent.Kafka;
using StreamScoring.Client;
using StreamScoring.Contracts;
using StreamScoring.TestSupport;

namespace StreamScoring.IntegrationTests;

/// <summary>
/// Transactional delivery on a real broker, as a reader sees it that knows nothing of ours: it
/// reads what is committed, and takes a decision's key for the payment.
/// </summary>
public sealed class DeliveryTests(KafkaCluster cluster) : IClassFixture<KafkaCluster>
{
    private const string Topology = "topology/handbook/topology.yaml";
    private const int Partitions = 4;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    [SharedFact]
    public async Task Every_payment_has_one_committed_decision_when_a_process_is_killed_in_mid_stream_and_another_takes_over()
    {
        string[] set = [.. await TopicsAsync("killed"), "--set", "emit.transactionTimeout=2s"];
        using var first = Start(set, "first");
        await first.SaysAsync("ready:");
        using var stop = new CancellationTokenSource();
        var publishing = PublishAsync("killed", burst: 0, stop.Token);
        using var decisions = new PlainReader(cluster.Brokers, "killed-decisions");
        decisions.ReadUntil(count: 3000);
        using var second = Start(set, "second");
        await second.SaysAsync("ready:");
        decisions.ReadUntil(decisions.Count + 3000);
        first.Kill();
        await second.SaysAsync("owns eu", from: second.LineCount);
        decisions.ReadUntil(decisions.Count + 3000);
        await stop.CancelAsync();
        var published = await publishing;
        decisions.ReadUntil(published);

        decisions.AssertEachOnce(published);
        AssertCommittedAreDecided("killed", decisions);
    }

    /// <param name="transactionTimeout">
    /// Short: the brokers have aborted its transaction when it goes on. Long: that one is still
    /// open, so that nothing but the group can tell what may be committed: the open one, where its
    /// offsets were taken in time, and none behind it.
    /// </param>
    /// <param name="burst">Payments that come faster than they are decided, so that batches wait
    /// behind the open transaction.</param>
    [SharedTheory]
    [InlineData("2s", 0)]
    [InlineData("60s", 100_000)]
    public async Task A_process_that_was_stopped_for_longer_than_its_session_adds_no_committed_decision_when_it_goes_on(string transactionTimeout, int burst)
    {
        var name = $"stopped{transactionTimeout}";
        string[] set = [.. await TopicsAsync(name), "--set", $"emit.transactionTimeout={transactionTimeout}"];
        using var first = Start(set, "first");
        await first.SaysAsync("ready:");
        using var second = Start(set, "second");
        await second.SaysAsync("owns eu");
        using var stop = new CancellationTokenSource();
        var publishing = PublishAsync(name, burst, stop.Token);
        using var decisions = new PlainReader(cluster.Brokers, $"{name}-decisions");
        decisions.ReadUntil(count: 3000);

        var before = (First: first.LineCount, Second: second.LineCount);
        await first.SignalAsync("STOP");
        await new GroupMembers(cluster.Brokers, name).OnceThereAreAsync(1);
        if (transactionTimeout == "2s")
        {
            await second.SaysAsync("owns eu", before.Second);
            decisions.ReadUntil(decisions.Count + 3000);
        }

        await first.SignalAsync("CONT");
        await second.SaysAsync("owns eu", before.Second);
        await first.SaysAsync("gives up", before.First);
        // It is a member again, and what it decides from now on counts.
        await first.SaysAsync("owns eu", before.First);
        decisions.ReadUntil(decisions.Count + 3000);
        await stop.CancelAsync();
        AssertAllDecided(name, await publishing, decisions);
    }

    /// <summary>
    /// The zombie that is no race: the coordinator is told in its name that it left. It hears of
    /// that with its next heartbeat only, seconds later at times, and until then goes on writing
    /// while another process has its partitions; then it is a member again, of a new generation,
    /// with records of the old one still in its hands.
    /// </summary>
    [SharedTheory]
    [InlineData("classic")]
    [InlineData("consumer")]
    public async Task A_process_that_lost_its_partitions_and_has_not_heard_of_it_adds_no_committed_decision(string protocol)
    {
        var name = $"evicted-{protocol}";
        string[] set = [.. await TopicsAsync(name), "--set", $"membership.protocol={protocol}"];
        using var first = Start([.. set, "--set", "membership.session=10s"], "first");
        await first.SaysAsync("ready:");
        var members = new GroupMembers(cluster.Brokers, name);
        var evicted = (await members.OnceThereAreAsync(1)).Single();
        using var second = Start(set, "second");
        await second.SaysAsync("owns eu");
        var stays = (await members.OnceThereAreAsync(2)).Single(member => member != evicted);
        using var stop = new CancellationTokenSource();
        var publishing = PublishAsync(name, burst: 0, stop.Token);
        using var decisions = new PlainReader(cluster.Brokers, $"{name}-decisions");
        // Which comes first, its heartbeat or its commit, is chance. Until it was a zombie once,
        // the test says nothing.
        for (var round = 0; round < 4 || !first.Said.Contains("(Broker: Unknown member)", StringComparison.Ordinal); round++)
        {
            Assert.True(round < 30, $"evicted {round} times, it never committed as one that is no member");
            decisions.ReadUntil(decisions.Count + 2000);
            evicted = (await members.OnceThereAreAsync(2)).Single(member => member != stays);
            var before = first.LineCount;
            await members.EvictAsync(evicted, protocol);
            // As a member again, or, where it ran out of attempts before its next heartbeat, as one
            // that started over.
            await first.SaysAsync("owns eu", before);
        }

        decisions.ReadUntil(decisions.Count + 2000);
        await stop.CancelAsync();
        AssertAllDecided(name, await publishing, decisions);
    }

    private void AssertAllDecided(string name, int published, PlainReader decisions)
    {
        decisions.ReadUntil(published);
        decisions.AssertEachOnce(published);
        AssertCommittedAreDecided(name, decisions);
    }

    private RunningProcess Start(string[] set, string name) => new(
        new Dictionary<string, string>(cluster.Environment) { ["SCORING_DATA"] = Path.Combine(cluster.Environment["SCORING_DATA"], name) },
        ["run", "--topology", Topology, .. set]);

    private async Task<string[]> TopicsAsync(string name)
    {
        string[] set =
        [
            "--set", $"group={name}", "--set", $"regions.eu.topics.payments={name}-payments", "--set", $"regions.eu.topics.labels={name}-labels",
            "--set", $"regions.eu.topics.decisions={name}-decisions", "--set", $"regions.eu.topics.deadLetters={name}-dead-letters",
            "--set", $"regions.eu.partitions={Partitions}", "--set", "delivery=transactional", "--set", "membership.session=2s",
        ];
        await ScoringProcess.SucceedAsync(cluster.Environment, ["topics", "create", "--topology", Topology, .. set]);
        return set;
    }

    /// <summary>
    /// Publishes payments, p-0, p-1 and so on, until it is cancelled: so many in a burst, then some
    /// 2,000 a second.
    /// </summary>
    /// <returns>How many there are.</returns>
    private async Task<int> PublishAsync(string name, int burst, CancellationToken cancel)
    {
        var region = new ScoringRegion { Name = "eu", Kafka = new KafkaSettings(cluster.Brokers), Payments = $"{name}-payments", PartitionBy = TextField.CustomerId };
        await using var publisher = new PaymentPublisher(region);
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
        var published = 0;
        try
        {
            while (await timer.WaitForNextTickAsync(cancel))
            {
                for (var i = 0; i < (published < burst ? 500 : 20); i++, published++)
                {
                    await publisher.EnqueueAsync(
                        new Payment
                        {
                            PaymentId = $"p-{published}",
                            EventTimeMs = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds(),
                            AmountMinor = 100,
                            Currency = "EUR",
                            CustomerId = $"c-{published % 100}",
                            TerminalId = "t-1",
                        },
                        cancel: CancellationToken.None);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // As asked.
        }

        await publisher.FlushAsync(CancellationToken.None);
        return published;
    }

    private void AssertCommittedAreDecided(string group, PlainReader decisions)
    {
        using var consumer = new ConsumerBuilder<Ignore, Ignore>(new ConsumerConfig { BootstrapServers = cluster.Brokers, GroupId = group }).Build();
        var committed = consumer.Committed(Enumerable.Range(0, Partitions).Select(partition => new TopicPartition($"{group}-payments", partition)), Patience);
        Assert.Equal(decisions.DecidedThrough, committed.ToDictionary(offset => offset.Partition.Value, offset => offset.Offset.Value));
    }

    /// <summary>
    /// Reads a topic from its beginning, committed records only, and counts each key.
    /// </summary>
    private sealed class PlainReader : IDisposable
    {
        private readonly IConsumer<string, byte[]> _consumer;
        private readonly Dictionary<string, int> _countOf = [];
        private readonly Dictionary<int, long> _readThrough = [];

        public PlainReader(string brokers, string topic)
        {
            _consumer = new ConsumerBuilder<string, byte[]>(new ConsumerConfig
            {
                BootstrapServers = brokers,
                GroupId = "plain",
                EnableAutoCommit = false,
                EnablePartitionEof = true,
                IsolationLevel = IsolationLevel.ReadCommitted,
            }).Build();
            _consumer.Assign(Enumerable.Range(0, Partitions).Select(partition => new TopicPartitionOffset(topic, partition, Offset.Beginning)));
        }

        public int Count { get; private set; }

        /// <summary>
        /// By payments partition: behind the highest position that was answered. The headers are
        /// read for this alone.
        /// </summary>
        public Dictionary<int, long> DecidedThrough { get; } = [];

        public void ReadUntil(int count)
        {
            var started = TimeProvider.System.GetTimestamp();
            while (Count < count)
            {
                Assert.True(TimeProvider.System.GetElapsedTime(started) < Patience, $"{Count} of {count} decisions came");
                Take(_consumer.Consume(TimeSpan.FromMilliseconds(200)));
            }
        }

        /// <summary>Also that nothing comes behind what was read.</summary>
        public void AssertEachOnce(int published)
        {
            var ends = Enumerable.Range(0, Partitions).ToDictionary(partition => partition, partition => _consumer.QueryWatermarkOffsets(_consumer.Assignment[partition], Patience).High.Value);
            while (ends.Any(end => _readThrough.GetValueOrDefault(end.Key) < end.Value))
            {
                Take(_consumer.Consume(TimeSpan.FromMilliseconds(200)));
            }

            Assert.DoesNotContain(_countOf, payment => payment.Value > 1);
            Assert.Equal(Enumerable.Range(0, published).Select(i => $"p-{i}").Order(), _countOf.Keys.Order());
        }

        public void Dispose()
        {
            _consumer.Close();
            _consumer.Dispose();
        }

        private void Take(ConsumeResult<string, byte[]>? result)
        {
            if (result is null)
            {
                return;
            }

            if (result.IsPartitionEOF)
            {
                // Behind the end of a transaction stands a marker, which only the end event tells
                // of.
                _readThrough[result.Partition.Value] = result.Offset.Value;
                return;
            }

            var message = result.Message;
            Count++;
            _countOf[message.Key] = _countOf.GetValueOrDefault(message.Key) + 1;
            var offset = SourceHeader.TryRead(message.Headers.GetLastBytes(RecordHeaders.Source), out _)!.Value.Offset;
            DecidedThrough[result.Partition.Value] = Math.Max(DecidedThrough.GetValueOrDefault(result.Partition.Value), offset + 1);
        }
    }
}
