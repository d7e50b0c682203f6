using System.Text;
using Confluent.Kafka;
using Microsoft.Extensions.Logging.Abstractions;
using StreamScoring.Batches;
using StreamScoring.Contracts;
using StreamScoring.Emit;
using StreamScoring.Kafka;
using StreamScoring.Logs;

namespace StreamScoring.IntegrationTests;

/// <summary>
/// What the idempotent sink puts on a topic, byte by byte, read by a client that is not ours; on
/// the embedded broker.
/// </summary>
public sealed class DecisionSinkTests : IDisposable
{
    private const int Partitions = 3;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static readonly LogTable Logs = new(
    [
        .. Enumerable.Range(0, Partitions).Select(partition => (new LogId("eu", "payments", partition), LogKind.Payments)),
        .. Enumerable.Range(0, Partitions).Select(partition => (new LogId("eu", "labels", partition), LogKind.Labels)),
    ]);

    private readonly EmbeddedBroker _broker = new();

    public DecisionSinkTests()
    {
        _broker.CreateTopic("decisions", Partitions);
        _broker.CreateTopic("dead-letters", Partitions);
    }

    public void Dispose() => _broker.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Records_stand_in_their_partition_in_offset_order_with_key_value_and_headers(bool namesInline)
    {
        const int rows = 600;
        await using var sink = Sink(namesInline);
        var batch = new PaymentBatch(new BatchLayout(new HashSet<TextField>(), [], 0), rows, 64);
        for (var row = 0; row < rows; row++)
        {
            // Rows of all partitions by turns; every fourth is a label, whose position is among the
            // labels.
            var isDeadLetter = row % 4 == 3;
            batch.Append(Logs.IndexOf(new LogId("eu", isDeadLetter ? "labels" : "payments", row % Partitions)), 1_000_000_000_000 + row, 1_700_000_000_000, decide: true, Encoding.UTF8.GetBytes($"key-{row}"), 1024);
            var start = batch.Encoded.Buffer.Length;
            Write(batch, $"value-{row}");
            batch.Encoded.Add(new EncodedRecord(row, isDeadLetter, IsBesideDecision: false, row < Partitions && !isDeadLetter, isDeadLetter ? 0 : batch.ValueStart[row], isDeadLetter ? 0 : $"key-{row}".Length, start, $"value-{row}".Length));
        }

        var vectorStart = batch.Encoded.Buffer.Length;
        Write(batch, "the vector");
        batch.Encoded.EndVector(vectorStart);
        await sink.WriteAsync(batch).WaitAsync(Patience);

        var decisions = Read("decisions", rows * 3 / 4);
        var deadLetters = Read("dead-letters", rows / 4);
        for (var row = 0; row < rows; row++)
        {
            var isDeadLetter = row % 4 == 3;
            var record = (isDeadLetter ? deadLetters : decisions).Single(record => Encoding.UTF8.GetString(record.Message.Value) == $"value-{row}");
            Assert.Equal(row % Partitions, record.Partition.Value);
            Assert.Equal(isDeadLetter ? null : $"key-{row}", record.Message.Key is { } key ? Encoding.UTF8.GetString(key) : null);
            var (topic, offset) = (isDeadLetter ? "labels" : "payments", 1_000_000_000_000 + row);
            string[] source = namesInline
                ? ["region=eu", $"topic={topic}", $"partition={row % Partitions}", $"offset={offset}", "topic_id="]
                : [$"source=eu/{topic}/{row % Partitions}/{offset}"];
            Assert.Equal(
                [.. source, .. row < Partitions && !isDeadLetter ? ["vector=the vector"] : Array.Empty<string>()],
                record.Message.Headers.Select(header => $"{header.Key}={Encoding.UTF8.GetString(header.GetValueBytes())}"));
        }

        foreach (var partition in decisions.GroupBy(record => record.Partition.Value))
        {
            var offsets = partition.OrderBy(record => record.Offset.Value).Select(record => long.Parse(Encoding.UTF8.GetString(record.Message.Headers[namesInline ? 3 : 0].GetValueBytes()).Split('=', '/')[^1])).ToList();
            Assert.Equal(offsets.Order(), offsets);
        }
    }

    [Fact]
    public async Task A_record_that_the_client_refuses_ends_the_sink_and_nothing_is_sent_behind_it()
    {
        await using var sink = Sink();
        var refused = await Assert.ThrowsAsync<RecordTooLargeException>(() => sink.WriteAsync(BatchOf(new string('x', 3_000_000))).WaitAsync(Patience));
        Assert.Contains("the record for eu/payments/0/7, with 3000001 bytes, is larger than topic decisions takes", refused.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<RecordTooLargeException>(() => sink.WriteAsync(BatchOf("good")).WaitAsync(Patience));
        Assert.Empty(Read("decisions", 0));
    }

    [Fact]
    public async Task A_sink_that_ends_while_brokers_are_away_does_not_hang()
    {
        var connection = new KafkaConnection("eu", "127.0.0.1:1", new Dictionary<string, string>());
        var sink = new KafkaDecisionSink(connection, OptionsOn(connection), Logs, NullLogger.Instance);
        var written = sink.WriteAsync(BatchOf("never"));
        await sink.DisposeAsync().AsTask().WaitAsync(Patience);
        Assert.False(written.IsCompletedSuccessfully);
    }

    private static KafkaDecisionSinkOptions OptionsOn(KafkaConnection connection, bool namesInline = false) => new(
        "decisions", "dead-letters", TimeSpan.FromMilliseconds(1), "lz4", 10_000, new BatchLimits(connection, "decisions", "dead-letters", BatchLimits.BatchBytesDefault, NullLogger.Instance))
    {
        NamesInline = namesInline,
    };

    private KafkaDecisionSink Sink(bool namesInline = false)
    {
        var connection = new KafkaConnection("eu", _broker.Brokers, new Dictionary<string, string>());
        return new KafkaDecisionSink(connection, OptionsOn(connection, namesInline), Logs, NullLogger.Instance);
    }

    private static PaymentBatch BatchOf(string value)
    {
        var batch = new PaymentBatch(new BatchLayout(new HashSet<TextField>(), [], 0), 1, 64);
        batch.Append(Logs.IndexOf(new LogId("eu", "payments", 0)), 7, 1_700_000_000_000, decide: true, "p"u8, 1024);
        Write(batch, value);
        batch.Encoded.Add(new EncodedRecord(0, IsDeadLetter: false, IsBesideDecision: false, CarriesVector: false, batch.ValueStart[0], 1, 0, value.Length));
        return batch;
    }

    private static void Write(PaymentBatch batch, string text)
    {
        Encoding.UTF8.GetBytes(text, batch.Encoded.Buffer.GetSpan(text.Length));
        batch.Encoded.Buffer.Advance(text.Length);
    }

    /// <summary>The whole topic; it is an error where it does not hold so many.</summary>
    private List<ConsumeResult<byte[]?, byte[]>> Read(string topic, int count)
    {
        using var consumer = new ConsumerBuilder<byte[]?, byte[]>(new ConsumerConfig { BootstrapServers = _broker.Brokers, GroupId = "reader", EnablePartitionEof = true, FetchWaitMaxMs = 1 }).Build();
        consumer.Assign(Enumerable.Range(0, Partitions).Select(partition => new TopicPartitionOffset(topic, partition, Offset.Beginning)));
        var (records, ends) = (new List<ConsumeResult<byte[]?, byte[]>>(), 0);
        while (ends < Partitions)
        {
            var record = consumer.Consume(Patience);
            Assert.NotNull(record);
            if (record.IsPartitionEOF)
            {
                ends++;
            }
            else
            {
                records.Add(record);
            }
        }

        Assert.Equal(count, records.Count);
        return records;
    }
}
