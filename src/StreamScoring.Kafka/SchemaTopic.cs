using System.Text;
using Confluent.Kafka;
using StreamScoring.Contracts;
using StreamScoring.Emit;

namespace StreamScoring.Kafka;

/// <summary>
/// Writes schemas of decisions to their topic, each under its id. What is there already is written
/// again, which changes nothing.
/// </summary>
public sealed class SchemaTopic(KafkaConnection connection, string topic) : ISchemaTopic
{
    private readonly CancellationTokenSource _stopping = new();

    /// <summary>Tries for as long as the brokers are away.</summary>
    /// <inheritdoc/>
    public async Task PublishAsync(DecisionSchema schema)
    {
        ArgumentNullException.ThrowIfNull(schema);
        // There is little to write, and seldom: no client is kept for it.
        using var producer = new ProducerBuilder<byte[], byte[]>(connection.Settings(("acks", "all"), ("enable.idempotence", "true"), ("message.timeout.ms", "0"), ("linger.ms", "0")))
            .SetLogHandler((_, _) => { }).SetErrorHandler((_, _) => { }).Build();
        try
        {
            await producer.ProduceAsync(topic, new Message<byte[], byte[]> { Key = Encoding.UTF8.GetBytes(schema.Id), Value = schema.Value.ToArray() }, _stopping.Token);
        }
        catch (KafkaException e)
        {
            throw new DeliveryFailedException(
                $"{connection}: the schema of decisions cannot be written to topic {topic}: {e.Error.Reason}; see regions.{connection.Region}.topics.schemas, or write decisions with emit.names: inline", e);
        }
        catch (OperationCanceledException e)
        {
            throw new DeliveryFailedException($"{connection}: the schema of decisions was not written to topic {topic} before the end", e);
        }
    }

    /// <summary>What is not acknowledged yet is given up.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _stopping.Dispose();
    }
}
