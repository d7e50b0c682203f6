using Microsoft.Extensions.Logging;
using StreamScoring.Emit;
using StreamScoring.KafkaClients;

namespace StreamScoring.Kafka;

/// <summary>
/// How many records are sent to the brokers in one piece. A topic refuses a larger batch than its
/// <c>max.message.bytes</c>, and a producer knows nothing of that: it would meet the limit under
/// load alone, when many records wait. So the brokers are asked, each time before a producer is
/// made; where they do not tell, each refusal halves the batches. It lasts as long as the process,
/// producers do not.
/// </summary>
public sealed class BatchLimits
{
    /// <summary>What librdkafka takes by default.</summary>
    public const int BatchBytesDefault = 1_000_000;

    /// <summary>No record is smaller, so below it nothing is left to halve.</summary>
    private const int BatchBytesFloor = 128;

    /// <summary>A dead letter without a copy is not larger.</summary>
    private const int DeadLetterBytesMin = 2048;

    /// <summary>A dead letter's headers and framing: what stands beside its value.</summary>
    private const int DeadLetterFraming = 1024;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly KafkaConnection _connection;
    private readonly string _decisions;
    private readonly string _deadLetters;
    private readonly ILogger _logger;
    private readonly int _configured;
    private IReadOnlyDictionary<string, int> _known = new Dictionary<string, int>();
    private int _halved = int.MaxValue;

    /// <param name="batchBytesMax">Configured; the brokers may allow less.</param>
    /// <param name="logger">Told where topics take less than is configured.</param>
    public BatchLimits(KafkaConnection connection, string decisions, string deadLetters, int batchBytesMax, ILogger logger) =>
        (_connection, _decisions, _deadLetters, _configured, _logger) = (connection, decisions, deadLetters, batchBytesMax, logger);

    /// <summary>
    /// Bytes of a batch at most, before compression and with the client's framing; a single larger
    /// record is a batch of its own.
    /// </summary>
    public int BatchBytesMax => Math.Min(Math.Min(_configured, _halved), _known.Count == 0 ? int.MaxValue : _known.Values.Min());

    /// <summary>
    /// Bytes of one record at most before the client itself refuses it. Beyond a topic's limit it
    /// goes to the brokers: compressed it may fit.
    /// </summary>
    public int RecordBytesMax => Math.Max(BatchBytesDefault, _known.Count == 0 ? 0 : _known.Values.Max());

    /// <summary>Bytes that a dead letter's value may have.</summary>
    public int DeadLetterBytesMax => Math.Min(_known.GetValueOrDefault(_deadLetters, BatchBytesDefault), _halved) - DeadLetterFraming;

    /// <summary>Asks the brokers anew; where they do not tell, nothing changes.</summary>
    public async Task AskAsync()
    {
        var before = BatchBytesMax;
        _known = await TopicSizes.BatchBytesMaxAsync(_connection.Settings(), [_decisions, _deadLetters], Patience);
        if (BatchBytesMax < before)
        {
            var topics = string.Join(" and ", _known.Where(topic => topic.Value == BatchBytesMax).Select(topic => topic.Key));
            _logger.BatchesAreLimited($"{_connection}", BatchBytesMax, topics);
        }
    }

    /// <summary>
    /// A batch of several records was refused: from the next producer on they are half as large.
    /// </summary>
    /// <returns>False where they are so small that this cannot help.</returns>
    public bool TryHalve()
    {
        var half = BatchBytesMax / 2;
        if (half < BatchBytesFloor)
        {
            return false;
        }

        _halved = half;
        _logger.BatchesAreHalved($"{_connection}", half);
        return true;
    }

    /// <summary>What is to be said of a refusal.</summary>
    internal DeliveryFailedException Refusal(in RefusedBatch refused)
    {
        var limit = _known.TryGetValue(refused.Topic, out var bytes) ? $"is {bytes}" : "is not known: the brokers do not tell it this process";
        // A dead letter becomes smaller with the batches, as it can do without the record's copy.
        var canBecomeSmaller = refused.RecordCount > 1 || (refused.Topic == _deadLetters && refused.RecordBytes > DeadLetterBytesMin);
        return canBecomeSmaller
            ? new BatchTooLargeException(
                $"{_connection}: topic {refused.Topic} partition {refused.Partition} refuses a batch as too large, of {refused.RecordCount} records "
                + $"of which the largest has {refused.RecordBytes} bytes; the topic's max.message.bytes {limit}, "
                + $"and batches have at most {BatchBytesMax} bytes (emit.batchBytesMax)")
            : new RecordTooLargeException(
                $"{_connection}: the record for {refused.Position}, with {refused.RecordBytes} bytes, is larger than topic {refused.Topic} takes; "
                + $"its max.message.bytes {limit}. Raise it (kafka-configs --alter --entity-type topics --entity-name {refused.Topic} "
                + "--add-config max.message.bytes=N) and start again: nothing is lost, and nothing behind it is decided before");
    }
}
