using StreamScoring.Batches;
using StreamScoring.Contracts;
using StreamScoring.Emit;

namespace StreamScoring.Tests.Emit;

public sealed class SchemasFirstTests
{
    private static readonly DecisionSchema First = SchemaOf("first"), Second = SchemaOf("second");

    [Fact]
    public async Task No_batch_is_handed_on_before_its_schema_is_acknowledged_and_all_keep_their_order()
    {
        var (sink, topic) = (new RecordingSink(), new HeldTopic());
        await using var first = new SchemasFirst(sink, topic);
        var (a, b, letters) = (BatchOf(First), BatchOf(First), BatchOf(null));
        Task[] written = [first.WriteAsync(a), first.WriteAsync(b), first.WriteAsync(letters)];
        Assert.Empty(sink.Written);
        Assert.Equal([First], topic.Asked);

        topic.Acknowledge();
        await Task.WhenAll(written);
        Assert.Equal([a, b, letters], sink.Written);
        Assert.Equal([First], topic.Asked);
    }

    [Fact]
    public async Task Batches_of_a_schema_that_is_published_wait_for_nothing()
    {
        var (sink, topic) = (new RecordingSink(), new HeldTopic());
        await using var first = new SchemasFirst(sink, topic);
        topic.Acknowledge();
        await first.WriteAsync(BatchOf(First));
        topic.Hold();

        Assert.True(first.WriteAsync(BatchOf(First)).IsCompletedSuccessfully);
        var second = first.WriteAsync(BatchOf(Second));
        // Of the former schema, but behind a batch that waits.
        var behind = first.WriteAsync(BatchOf(First));
        Assert.Equal(2, sink.Written.Count);
        topic.Acknowledge();
        await second;
        await behind;
        // Both are published by now, whichever was in force last.
        topic.Hold();
        await first.WriteAsync(BatchOf(SchemaOf("second")));
        Assert.Equal([First, Second], topic.Asked);
    }

    [Fact]
    public async Task A_batch_of_a_schema_that_was_published_ahead_waits_for_nothing()
    {
        var (sink, topic) = (new RecordingSink(), new HeldTopic());
        await using var first = new SchemasFirst(sink, topic);
        topic.Acknowledge();
        first.PublishAhead([First, Second]);
        topic.Hold();
        Assert.True(first.WriteAsync(BatchOf(First)).IsCompletedSuccessfully);
        Assert.True(first.WriteAsync(BatchOf(Second)).IsCompletedSuccessfully);
        Assert.Equal([First, Second], topic.Asked);
    }

    [Fact]
    public async Task What_cannot_be_published_ahead_is_when_it_is_needed()
    {
        var (sink, topic) = (new RecordingSink(), new HeldTopic());
        await using var first = new SchemasFirst(sink, topic);
        topic.Refuse(new DeliveryFailedException("no such topic"));
        first.PublishAhead([First]);
        topic.Hold();
        var written = first.WriteAsync(BatchOf(First));
        topic.Acknowledge();
        await written;
        Assert.Single(sink.Written);
        Assert.Equal([First, First], topic.Asked);
    }

    [Fact]
    public async Task Nothing_is_handed_on_behind_a_schema_that_was_refused()
    {
        var (sink, topic) = (new RecordingSink(), new HeldTopic());
        await using var first = new SchemasFirst(sink, topic);
        var (a, b) = (first.WriteAsync(BatchOf(First)), first.WriteAsync(BatchOf(null)));
        topic.Refuse(new DeliveryFailedException("no such topic"));
        await Assert.ThrowsAsync<DeliveryFailedException>(() => a);
        await Assert.ThrowsAsync<DeliveryFailedException>(() => b);
        Assert.Empty(sink.Written);
    }

    private static DecisionSchema SchemaOf(string model) => new(["amount"], ["the amount"], model, "", "trees", "", null, "", null);

    private static PaymentBatch BatchOf(DecisionSchema? schema)
    {
        var batch = new PaymentBatch(new BatchLayout(new HashSet<TextField>(), [], 1), 1, 16);
        batch.Encoded.Schemas = schema is null ? [] : [schema];
        return batch;
    }

    private sealed class RecordingSink : IDecisionSink
    {
        public List<PaymentBatch> Written { get; } = [];

        public Task WriteAsync(PaymentBatch batch)
        {
            Written.Add(batch);
            return Task.CompletedTask;
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }

    private sealed class HeldTopic : ISchemaTopic
    {
        private TaskCompletionSource _acknowledged = new();

        public List<DecisionSchema> Asked { get; } = [];

        public Task PublishAsync(DecisionSchema schema)
        {
            Asked.Add(schema);
            return _acknowledged.Task;
        }

        public void Acknowledge() => _acknowledged.TrySetResult();

        public void Refuse(Exception why) => _acknowledged.TrySetException(why);

        public void Hold() => _acknowledged = new TaskCompletionSource();

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
