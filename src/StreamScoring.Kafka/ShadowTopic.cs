using System.Buffers;
using System.Text;
using System.Text.Json;
using Confluent.Kafka;
using Microsoft.Extensions.Logging;
using StreamScoring.Contracts;
using StreamScoring.Logs;
using StreamScoring.Scoring;

namespace StreamScoring.Kafka;

/// <summary>
/// Writes answers of shadows that came after their decisions, each under its decision's id into the
/// partition of the decision. Best effort: an answer that cannot be written is counted and gone,
/// and nothing waits for it.
/// </summary>
/// <param name="logs">What positions of answers refer to.</param>
public sealed class ShadowTopic(KafkaConnection connection, string topic, LogTable logs, LateAnswerMeters meters, ILogger logger) : ILateAnswers, IAsyncDisposable
{
    private static readonly TimeSpan FlushMax = TimeSpan.FromSeconds(2);

    private readonly Lock _gate = new();

    // Under the gate.
    private readonly ArrayBufferWriter<byte> _buffer = new();
    private IProducer<byte[], byte[]>? _producer;
    private bool _isOver;
    private int _isSaid;

    /// <inheritdoc/>
    public void Add(string model, int logIndex, long offset, ReadOnlySpan<byte> paymentId, double probability)
    {
        var log = logs[logIndex];
        var decisionId = Encoding.UTF8.GetBytes(new DecisionSource(log.Region, log.Topic, log.Partition, offset).ToString());
        lock (_gate)
        {
            if (_isOver)
            {
                meters.Lost();
                return;
            }

            // Shadows are rare, and those whose answers are late rarer.
            _producer ??= Build();
            _buffer.ResetWrittenCount();
            using (var json = new Utf8JsonWriter(_buffer))
            {
                ShadowAnswer.Write(json, decisionId, paymentId, model, probability);
            }

            try
            {
                _producer.Produce(new TopicPartition(topic, log.Partition), new Message<byte[], byte[]> { Key = decisionId, Value = _buffer.WrittenSpan.ToArray() }, Delivered);
            }
            catch (KafkaException e)
            {
                Lost(e.Error.Reason);
            }
        }
    }

    /// <summary>What is not acknowledged soon is given up.</summary>
    public ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            _isOver = true;
        }

        _producer?.Flush(FlushMax);
        _producer?.Dispose();
        return ValueTask.CompletedTask;
    }

    private IProducer<byte[], byte[]> Build() =>
        new ProducerBuilder<byte[], byte[]>(connection.Settings(("acks", "all"), ("enable.idempotence", "true"), ("linger.ms", "50"), ("compression.type", "lz4"), ("message.timeout.ms", "30000")))
            .SetLogHandler((_, _) => { }).SetErrorHandler((_, _) => { }).Build();

    private void Delivered(DeliveryReport<byte[], byte[]> report)
    {
        if (report.Error.IsError)
        {
            Lost(report.Error.Reason);
        }
        else
        {
            meters.Written();
        }
    }

    private void Lost(string reason)
    {
        meters.Lost();
        if (Interlocked.Exchange(ref _isSaid, 1) == 0)
        {
            logger.ShadowAnswersAreLost(connection.ToString(), topic, reason);
        }
    }
}
