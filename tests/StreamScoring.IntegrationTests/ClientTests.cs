using System.Text;
using Confluent.Kafka;
using StreamScoring.Client;
using StreamScoring.Contracts;
using StreamScoring.Kafka;

namespace StreamScoring.IntegrationTests;

/// <summary>
/// The client library on the embedded broker; what that one cannot prove (groups, transactions) is
/// in <see cref="ClientOnRealKafkaTests"/>.
/// </summary>
public sealed class ClientTests : IDisposable
{
    private const int Partitions = 4;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly EmbeddedBroker _broker = new();
    private readonly ScoringRegion _region;

    public ClientTests()
    {
        foreach (var topic in new[] { "payments", "labels", "decisions", "dead-letters" })
        {
            _broker.CreateTopic(topic, Partitions);
        }

        _region = new ScoringRegion { Name = "eu", Kafka = new KafkaSettings(_broker.Brokers), PartitionBy = TextField.CustomerId };
    }

    private DecisionClientOptions DecideOptions => new() { FetchWaitMax = TimeSpan.FromMilliseconds(10) };

    public void Dispose() => _broker.Dispose();

    [Fact]
    public async Task A_payment_stands_where_its_publication_says_and_an_entitys_payments_share_a_partition()
    {
        await using var publisher = new PaymentPublisher(_region);
        var positions = new List<DecisionSource>();
        for (var i = 0; i < 20; i++)
        {
            positions.Add(await publisher.PublishAsync(PaymentOf($"p-{i}", $"c-{i % 3}")));
        }

        Assert.Equal(3, positions.Select((position, i) => (i % 3, position.Partition)).Distinct().Count());
        // murmur2 of "c-0", "c-1" and "c-2", as Kafka's Java client spreads them over 4 partitions.
        Assert.Equal(positions.Take(3).Select(position => position.Partition), new[] { "c-0", "c-1", "c-2" }.Select(key => (int)((Murmur2(key) & 0x7fffffff) % Partitions)));
        foreach (var (position, i) in positions.Select((position, i) => (position, i)))
        {
            Assert.Equal(("eu", "payments"), (position.Region, position.Topic));
            Assert.Equal($"p-{i}", PaymentMessagePack.ReadPayment(RecordAt("payments", position.Partition, position.Offset).Message.Value).PaymentId);
        }
    }

    [Fact]
    public async Task A_bulk_is_confirmed_together_and_a_refused_record_fails_it_once()
    {
        await using var publisher = new PaymentPublisher(_region, new PublisherOptions { Form = WireForm.Json, InFlightMax = 10 });
        for (var i = 0; i < 500; i++)
        {
            await publisher.EnqueueAsync(LabelOf($"p-{i}", $"c-{i}"), timestampMs: 1_700_000_000_000 + i);
        }

        await publisher.FlushAsync();
        Assert.Equal(500, publisher.Acknowledged);
        var first = RecordAt("labels", 0, 0);
        Assert.StartsWith("{\"payment_id\":\"p-", Encoding.UTF8.GetString(first.Message.Value), StringComparison.Ordinal);
        Assert.InRange(first.Message.Timestamp.UnixTimestampMs, 1_700_000_000_000, 1_700_000_000_500);

        await Assert.ThrowsAsync<PublishFailedException>(async () => await publisher.EnqueueAsync(LabelOf(new string('x', 2_000_000), "c-1")));
        await publisher.EnqueueAsync(LabelOf("p-501", "c-1"));
        await publisher.FlushAsync();
        Assert.Equal(501, publisher.Acknowledged);
    }

    [Fact]
    public async Task Where_no_broker_is_publishing_fails_per_call_and_in_bulk_and_the_next_bulk_starts_afresh()
    {
        var nowhere = _region with { Kafka = new KafkaSettings("127.0.0.1:1") };
        await using var publisher = new PaymentPublisher(nowhere, new PublisherOptions { DeliveryTimeout = TimeSpan.FromMilliseconds(500) });
        await Assert.ThrowsAsync<PublishFailedException>(() => publisher.PublishAsync(PaymentOf("p", "c")));
        await publisher.FlushAsync();
        await publisher.EnqueueAsync(PaymentOf("p", "c"));
        var failed = await Assert.ThrowsAsync<PublishFailedException>(() => publisher.FlushAsync());
        Assert.Contains("did not take 1 records", failed.Message, StringComparison.Ordinal);
        await publisher.FlushAsync();
    }

    [Fact]
    public async Task Each_payments_decision_is_read_once_and_what_is_no_decision_is_skipped_and_counted()
    {
        using (var log = new DecisionLog(_broker.Brokers, "decisions"))
        {
            for (var partition = 0; partition < Partitions; partition++)
            {
                for (var offset = 0; offset < 50; offset++)
                {
                    log.Decide(partition, offset);
                    if (offset % 10 == 9)
                    {
                        // A replaced process writes five positions again.
                        Enumerable.Range(offset - 4, 5).ToList().ForEach(repeated => log.Decide(partition, repeated));
                    }
                }
            }

            log.Write(1, "x", "no decision"u8.ToArray(), DecisionLog.HeadersOf(new DecisionSource("eu", "payments", 1, 50)));
            log.Write(1, "x", [0x93, 1, 2, 3], DecisionLog.HeadersOf(new DecisionSource("eu", "payments", 1, 50)));
            log.Write(1, "x", "{}"u8.ToArray(), DecisionLog.HeadersOf(new DecisionSource("eu", "payments", 1, 50)));
            log.Write(1, "x", null, DecisionLog.HeadersOf(new DecisionSource("eu", "payments", 1, 50)));
            log.Write(1, "x", "{}"u8.ToArray(), []);
            // A record that is no decision decided nothing: its position is still open.
            log.Decide(1, 50);
        }

        var notices = new List<string>();
        await using var reader = await DecisionReader.OpenAsync(_region, new DecisionReaderOptions { Follow = false, Notice = notices.Add });
        var read = await AllAsync(reader);
        Assert.Equal(Partitions * 50 + 1, read.Count);
        Assert.Equal(read.Count, read.Distinct().Count());
        Assert.Equal(Partitions * 5 * 5, reader.Repeated);
        Assert.Equal(5, reader.Poison);
        Assert.Equal(5, notices.Count(notice => notice.Contains("is no decision and was skipped", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_reader_of_named_partitions_goes_on_after_a_restart_and_still_drops_what_was_read_before()
    {
        var options = new DecisionReaderOptions { Group = "radar", Partitions = [1, 2], Follow = false };
        using var log = new DecisionLog(_broker.Brokers, "decisions");
        for (var offset = 0; offset < 30; offset++)
        {
            Enumerable.Range(0, Partitions).ToList().ForEach(partition => log.Decide(partition, offset));
        }

        log.Flush();
        await using (var first = await DecisionReader.OpenAsync(_region, options))
        {
            Assert.Equal(60, (await AllAsync(first)).Count);
        }

        Enumerable.Range(20, 15).ToList().ForEach(offset => log.Decide(1, offset));
        log.Flush();
        await using var second = await DecisionReader.OpenAsync(_region, options);
        Assert.Equal(Enumerable.Range(30, 5).Select(offset => $"eu/payments/1/{offset}"), await AllAsync(second));
        Assert.Equal(10, second.Repeated);
    }

    [Fact]
    public async Task What_was_not_dealt_with_is_read_again()
    {
        var options = new DecisionReaderOptions { Group = "desk", Partitions = [0], Follow = false, CommitInterval = null };
        using var log = new DecisionLog(_broker.Brokers, "decisions");
        Enumerable.Range(0, 10).ToList().ForEach(offset => log.Decide(0, offset));
        log.Flush();
        await using (var first = await DecisionReader.OpenAsync(_region, options))
        {
            await foreach (var decision in first.ReadAsync())
            {
                if (decision.Source.Offset == 3)
                {
                    await first.CommitAsync();
                }
                else if (decision.Source.Offset == 6)
                {
                    break;
                }
            }
        }

        await using var second = await DecisionReader.OpenAsync(_region, options);
        Assert.Equal(Enumerable.Range(4, 6).Select(offset => $"eu/payments/0/{offset}"), await AllAsync(second));
    }

    [Fact]
    public async Task Several_calls_at_once_each_get_the_decision_of_their_own_payment()
    {
        await using var pipeline = new StubPipeline(_broker.Brokers, Partitions);
        await using var client = await DecisionClient.OpenAsync(_region, DecideOptions);
        var answers = await Task.WhenAll(Enumerable.Range(0, 300).Select(i => client.DecideAsync(PaymentOf($"p-{i}", $"c-{i % 20}"), Patience)));
        Assert.Equal(Enumerable.Range(0, 300).Select(i => $"p-{i}"), answers.Select(answer => answer.Record.PaymentId));
        Assert.All(answers, answer => Assert.False(answer.IsDuplicate));
        Assert.Equal(300, answers.Select(answer => answer.Source).Distinct().Count());
        Assert.Equal(0, client.Waiting);
    }

    [Fact]
    public async Task A_call_that_times_out_says_where_the_payment_stands_and_a_second_try_gets_its_own_decision()
    {
        await using var pipeline = new StubPipeline(_broker.Brokers, Partitions);
        await using var client = await DecisionClient.OpenAsync(_region, DecideOptions);
        var late = await Assert.ThrowsAsync<DecisionTimeoutException>(() => client.DecideAsync(PaymentOf("silent", "c-1"), TimeSpan.FromSeconds(3)));
        var position = Assert.NotNull(late.Position);
        Assert.Equal(0, position.Offset);
        Assert.True(late.MayBePublished);
        Assert.Contains($"it is published at {position}", late.Message, StringComparison.Ordinal);

        var answer = await client.DecideAsync(PaymentOf("silent", "c-1"), Patience);
        Assert.Equal(position with { Offset = 1 }, answer.Source);
        Assert.True(answer.IsDuplicate);
        Assert.Equal(0, client.Waiting);
    }

    [Fact]
    public async Task A_refused_payment_ends_its_call_with_the_reason()
    {
        await using var pipeline = new StubPipeline(_broker.Brokers, Partitions);
        await using var client = await DecisionClient.OpenAsync(_region, DecideOptions);
        var refused = await Assert.ThrowsAsync<PaymentRefusedException>(() => client.DecideAsync(PaymentOf("refused", "c-1"), Patience));
        Assert.Equal("unknown_currency", refused.Reason);
    }

    [Fact]
    public async Task Beyond_its_calls_a_client_publishes_nothing_and_says_so()
    {
        await using var client = await DecisionClient.OpenAsync(_region, DecideOptions with { CallsMax = 1 });
        using var cancel = new CancellationTokenSource();
        var first = client.DecideAsync(PaymentOf("silent-1", "c-1"), Patience, cancel.Token);
        var late = await Assert.ThrowsAsync<DecisionTimeoutException>(() => client.DecideAsync(PaymentOf("silent-2", "c-1"), TimeSpan.FromMilliseconds(300)));
        Assert.False(late.MayBePublished);
        Assert.Null(late.Position);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        Assert.Equal(0, client.Waiting);
    }

    [Fact]
    public async Task A_client_that_is_disposed_fails_the_calls_that_wait()
    {
        var client = await DecisionClient.OpenAsync(_region, DecideOptions);
        var call = client.DecideAsync(PaymentOf("silent", "c-1"), Patience);
        await client.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => call);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => client.DecideAsync(PaymentOf("p", "c-1"), Patience));
    }

    [Fact]
    public async Task A_partition_that_is_not_there_is_an_error_that_names_it()
    {
        var failed = await Assert.ThrowsAsync<ReadFailedException>(() => DecisionReader.OpenAsync(_region, new DecisionReaderOptions { Partitions = [0, 7] }));
        Assert.Contains("decisions has 4 partitions, and no 7", failed.Message, StringComparison.Ordinal);
    }

    internal static Payment PaymentOf(string paymentId, string customerId) => new()
    {
        PaymentId = paymentId,
        EventTimeMs = 1_700_000_000_000,
        AmountMinor = 100,
        Currency = "EUR",
        CustomerId = customerId,
        TerminalId = "t-1",
    };

    private static Label LabelOf(string paymentId, string customerId) => new()
    {
        PaymentId = paymentId,
        EventTimeMs = 1_700_000_000_000,
        KnownAtMs = 1_700_000_001_000,
        Fraud = true,
        CustomerId = customerId,
    };

    private static async Task<List<string>> AllAsync(DecisionReader reader)
    {
        var read = new List<string>();
        await foreach (var decision in reader.ReadAsync())
        {
            read.Add(decision.Source.ToString());
        }

        return read;
    }

    private ConsumeResult<byte[], byte[]> RecordAt(string topic, int partition, long offset)
    {
        using var consumer = new ConsumerBuilder<byte[], byte[]>(new ConsumerConfig { BootstrapServers = _broker.Brokers, GroupId = "test" }).Build();
        consumer.Assign(new TopicPartitionOffset(topic, partition, offset));
        return consumer.Consume(Patience);
    }

    /// <summary>MurmurHash2 with Kafka's seed (Apache Kafka, Utils.murmur2).</summary>
    private static uint Murmur2(string key)
    {
        var data = Encoding.UTF8.GetBytes(key);
        const uint m = 0x5bd1e995;
        var h = 0x9747b28cu ^ (uint)data.Length;
        var whole = data.Length / 4 * 4;
        for (var i = 0; i < whole; i += 4)
        {
            var k = BitConverter.ToUInt32(data, i) * m;
            h = (h * m) ^ ((k ^ (k >> 24)) * m);
        }

        for (var i = data.Length - 1; i >= whole; i--)
        {
            h ^= (uint)data[i] << (8 * (i - whole));
        }

        if (whole < data.Length)
        {
            h *= m;
        }

        h = (h ^ (h >> 13)) * m;
        return h ^ (h >> 15);
    }
}
