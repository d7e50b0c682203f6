using System.Text;
using Confluent.Kafka;
using StreamScoring.Contracts;
using StreamScoring.TestSupport;

namespace StreamScoring.IntegrationTests;

/// <summary>
/// Writes decisions and dead letters as a pipeline does, position by position: also what a process
/// writes that was replaced and does not know it yet.
/// </summary>
internal sealed class DecisionLog(string brokers, string topic, string? transaction = null) : IDisposable
{
    private readonly IProducer<byte[], byte[]> _producer = new ProducerBuilder<byte[], byte[]>(
        new ProducerConfig { BootstrapServers = brokers, EnableIdempotence = true, LingerMs = 1, TransactionalId = transaction }).Build();

    public IProducer<byte[], byte[]> Producer => _producer;

    /// <summary>
    /// The decision of the payment at this position of partition p, in partition p.
    /// </summary>
    public void Decide(int partition, long offset, string? paymentId = null, params string[] flags)
    {
        var source = new DecisionSource("eu", "payments", partition, offset);
        paymentId ??= $"p-{partition}-{offset}";
        Write(partition, paymentId, SampleDecisions.Json(SampleDecisions.Of(source, paymentId, "allow", flags)), HeadersOf(source));
    }

    /// <summary>Any record.</summary>
    public void Write(int partition, string key, byte[]? value, Headers headers) =>
        _producer.Produce(new TopicPartition(topic, partition), new Message<byte[], byte[]> { Key = Encoding.UTF8.GetBytes(key), Value = value!, Headers = headers });

    public static Headers HeadersOf(DecisionSource source) =>
    [
        new Header(RecordHeaders.Region, Encoding.UTF8.GetBytes(source.Region)),
        new Header(RecordHeaders.Topic, Encoding.UTF8.GetBytes(source.Topic)),
        new Header(RecordHeaders.Partition, Encoding.UTF8.GetBytes($"{source.Partition}")),
        new Header(RecordHeaders.Offset, Encoding.UTF8.GetBytes($"{source.Offset}")),
    ];

    public void Flush() => _producer.Flush(CancellationToken.None);

    public void Dispose()
    {
        Flush();
        _producer.Dispose();
    }
}
