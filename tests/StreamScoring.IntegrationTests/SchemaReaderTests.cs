using System.Text;
using Confluent.Kafka;
using StreamScoring.Client;
using StreamScoring.Contracts;
using StreamScoring.Kafka;
using StreamScoring.TestSupport;

namespace StreamScoring.IntegrationTests;

/// <summary>
/// What a reader makes of decisions that leave names to a schema (docs/wire-format.md, Schemas).
/// </summary>
public sealed class SchemaReaderTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static readonly DecisionRecord Decision = SampleDecisions.Of(new DecisionSource("eu", "payments", 0, 0), "p-0", "block");
    private static readonly DecisionSchema Schema = SampleDecisions.SchemaOf(Decision);

    private readonly EmbeddedBroker _broker = new();
    private readonly ScoringRegion _region;
    private readonly IProducer<byte[], byte[]> _producer;
    private readonly List<string> _notices = [];

    public SchemaReaderTests()
    {
        foreach (var topic in new[] { "payments", "decisions", "dead-letters", "schemas" })
        {
            _broker.CreateTopic(topic, 1);
        }

        _region = new ScoringRegion { Name = "eu", Kafka = new KafkaSettings(_broker.Brokers) };
        _producer = new ProducerBuilder<byte[], byte[]>(new ProducerConfig { BootstrapServers = _broker.Brokers, LingerMs = 0 }).Build();
    }

    public void Dispose()
    {
        _producer.Dispose();
        _broker.Dispose();
    }

    [Fact]
    public async Task A_schema_that_is_published_while_a_reader_runs_is_found_and_one_that_is_gone_costs_names_alone()
    {
        var later = Decision with { ModelName = "next" };
        var lost = Decision with { ModelName = "lost" };
        await PublishAsync(Schema.Id, Schema.Value.ToArray());
        await DecideAsync(0, Decision);
        await using var reader = await DecisionReader.OpenAsync(_region, new DecisionReaderOptions { From = ReadFrom.Beginning, Notice = _notices.Add });
        await using var decisions = reader.ReadAsync().GetAsyncEnumerator();
        Assert.Equal(("handbook", "FR"), await NextAsync());

        await PublishAsync("no id", "no schema"u8.ToArray());
        // What somebody else writes under an id is not taken for it.
        await PublishAsync(SampleDecisions.SchemaOf(later).Id, Schema.Value.ToArray());
        await PublishAsync(SampleDecisions.SchemaOf(later).Id, SampleDecisions.SchemaOf(later).Value.ToArray());
        await DecideAsync(1, later);
        Assert.Equal(("next", "FR"), await NextAsync());

        await DecideAsync(2, lost);
        await DecideAsync(3, Decision);
        await DecideAsync(4, lost);
        Assert.Contains("is no schema and was skipped", Assert.Single(_notices), StringComparison.Ordinal);
        _notices.Clear();
        Assert.True(await decisions.MoveNextAsync().AsTask().WaitAsync(Patience));
        Assert.Equal(("block", 17, "p-2", ""), (decisions.Current.Record.Action, decisions.Current.Record.Score, decisions.Current.Record.PaymentId, decisions.Current.Record.ModelName));
        Assert.Equal(["0", "1", "2"], decisions.Current.Record.Features.Select(feature => feature.Key));
        Assert.Equal(("handbook", "FR"), await NextAsync());
        Assert.True(await decisions.MoveNextAsync().AsTask().WaitAsync(Patience));
        Assert.Contains(SampleDecisions.SchemaOf(lost).Id, Assert.Single(_notices), StringComparison.Ordinal);
        Assert.Equal(0, reader.Poison);

        async Task<(string Model, object? Country)> NextAsync()
        {
            Assert.True(await decisions.MoveNextAsync().AsTask().WaitAsync(Patience));
            return (decisions.Current.Record.ModelName, decisions.Current.Record.Features.Single(feature => feature.Key == "country").Value);
        }
    }

    [Fact]
    public async Task A_decision_whose_schema_cannot_be_looked_up_is_not_lost_when_reading_starts_again()
    {
        await DecideAsync(0, Decision);
        var elsewhere = _region with { Schemas = "schemas-of-later" };
        await using var reader = await DecisionReader.OpenAsync(elsewhere, new DecisionReaderOptions { From = ReadFrom.Beginning, Notice = _notices.Add });
        await Assert.ThrowsAsync<ReadFailedException>(() => FirstAsync(reader).WaitAsync(Patience));
        _broker.CreateTopic("schemas-of-later", 1);
        await PublishAsync(Schema.Id, Schema.Value.ToArray(), "schemas-of-later");
        Assert.Equal("p-0", (await FirstAsync(reader).WaitAsync(Patience)).Record.PaymentId);
    }

    private static async Task<ReadDecision> FirstAsync(DecisionReader reader)
    {
        await foreach (var decision in reader.ReadAsync())
        {
            return decision;
        }

        throw new InvalidOperationException("a reader that follows came to an end");
    }

    private async Task DecideAsync(long offset, DecisionRecord decision)
    {
        var one = decision with { Source = decision.Source with { Offset = offset }, PaymentId = $"p-{offset}" };
        await _producer.ProduceAsync("decisions", new Message<byte[], byte[]>
        {
            Key = Encoding.UTF8.GetBytes(one.PaymentId),
            Value = SampleDecisions.Compact(one, SampleDecisions.SchemaOf(decision)),
            Headers = [new Header(RecordHeaders.Source, Encoding.UTF8.GetBytes($"{one.Source}/topic/id"))],
        });
    }

    private async Task PublishAsync(string key, byte[] value, string topic = "schemas") =>
        await _producer.ProduceAsync(topic, new Message<byte[], byte[]> { Key = Encoding.UTF8.GetBytes(key), Value = value });
}
