using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using StreamScoring.Batches;
using StreamScoring.Emit;
using StreamScoring.KafkaClients.Native;
using StreamScoring.Logs;

namespace StreamScoring.Kafka;

/// <summary>
/// Sends decisions and dead letters: payments partition p to partition p, in offset order, by an
/// idempotent producer that never steps over a record. As delivery is in order and without gaps,
/// the acknowledgement of the last record per partition stands for all before it, so only that one
/// is asked after.
/// </summary>
public sealed unsafe class KafkaDecisionSink : IDecisionSink
{
    /// <summary>
    /// What the client counts beside a record's key and value, headers with the vector of many logs
    /// among it.
    /// </summary>
    private const int FramingBytesMax = 64 * 1024;

    private readonly KafkaConnection _connection;
    private readonly LogTable _logs;
    private readonly OutgoingRecords _records;
    private readonly RecordProducer _producer;
    private readonly OutgoingFields _fields;
    private readonly BatchLimits _limits;
    private readonly ILogger _logger;
    private readonly int[] _lastOf;
    private readonly DeadLettersFirst _inOrder;

    /// <summary>By the number that the last records of each are sent with.</summary>
    private readonly ConcurrentDictionary<nint, PendingBatch> _pending = new();
    private readonly TaskCompletionSource _fatal = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private nint _newest;

    /// <exception cref="KafkaFailedException">The client refuses a setting.</exception>
    public KafkaDecisionSink(KafkaConnection connection, KafkaDecisionSinkOptions options, LogTable logs, ILogger logger)
    {
        (_connection, _logs, _records, _limits, _logger) = (connection, logs, new OutgoingRecords(options, logs), options.Limits, logger);
        _inOrder = new DeadLettersFirst(SendAsync);
        _lastOf = new int[_records.Targets.Count];
        _producer = new RecordProducer(
            connection.Settings([
                .. options.ProducerSettings,
                ("enable.idempotence", "true"),
                // Never given up: a decision that was stepped over would be a payment without one.
                ("message.timeout.ms", "0"),
                ("enable.gapless.guarantee", "true")]),
            $"deliveries {connection.Region}", OnDelivered, OnTooLarge, OnError);
        _fields = new OutgoingFields(logs, _producer.Topic(options.Decisions), _producer.Topic(options.DeadLetters), options.NamesInline);
    }

    public Task WriteAsync(PaymentBatch batch) => _inOrder.WriteAsync(batch);

    public ValueTask DisposeAsync()
    {
        _producer.Dispose();
        return ValueTask.CompletedTask;
    }

    private Task SendAsync(PaymentBatch batch, bool deadLetters)
    {
        if (_fatal.Task.IsCompleted)
        {
            return _fatal.Task;
        }

        var records = batch.Encoded.Records;
        _lastOf.AsSpan().Fill(-1);
        var targetCount = 0;
        for (var i = 0; i < records.Length; i++)
        {
            if (records[i].IsDeadLetter == deadLetters)
            {
                ref var last = ref _lastOf[_records.TargetOf(batch, records[i])];
                targetCount += last < 0 ? 1 : 0;
                last = i;
            }
        }

        if (targetCount == 0)
        {
            return Task.CompletedTask;
        }

        var pending = new PendingBatch(targetCount);
        _pending[++_newest] = pending;
        if (Send(batch, deadLetters, _newest) is { } refusal)
        {
            // The whole sink ends with it: nothing may be sent behind the gap.
            _fatal.TrySetException(refusal);
            return _fatal.Task;
        }

        return Task.WhenAny(pending.Task, _fatal.Task).Unwrap();
    }

    /// <returns>Null, or why one was refused, with which the sending ends.</returns>
    private DeliveryFailedException? Send(PaymentBatch batch, bool deadLetters, nint number)
    {
        var fields = stackalloc Librdkafka.Field[OutgoingFields.FieldsMax];
        var source = stackalloc byte[_fields.SourceBytesMax];
        _fields.Begin(fields, source);
        var records = batch.Encoded.Records;
        fixed (byte* bytes = batch.Bytes, encoded = batch.Encoded.Buffer.Written)
        {
            for (var i = 0; i < records.Length; i++)
            {
                if (records[i].IsDeadLetter != deadLetters)
                {
                    continue;
                }

                var target = _records.TargetOf(batch, records[i]);
                var count = _fields.Set(fields, batch, records[i], bytes, encoded, _records.Targets[target].Partition.Value, _lastOf[target] == i ? number : 0);
                if (_producer.Send(fields, count) is { } refusal)
                {
                    return RefusalOf(batch, records[i], refusal);
                }
            }
        }

        return null;
    }

    private DeliveryFailedException RefusalOf(PaymentBatch batch, in EncodedRecord record, string refusal)
    {
        var target = _records.Targets[_records.TargetOf(batch, record)];
        var position = $"{_logs[batch.LogIndex[record.RowIndex]]}/{batch.Offset[record.RowIndex]}";
        return record.ValueLength + record.KeyLength >= _limits.RecordBytesMax - FramingBytesMax
            ? _limits.Refusal(new RefusedBatch(target.Topic, target.Partition.Value, RecordCount: 1, position, record.ValueLength + record.KeyLength))
            : new DeliveryFailedException($"{_connection}: the record for {position} was refused: {refusal}");
    }

    /// <param name="number">Of the batch that the record is a last one of; 0: it is none.</param>
    private void OnDelivered(nint number, int error)
    {
        if (error != Librdkafka.NoError)
        {
            Fail($"a record was not taken: {Librdkafka.Describe(error)}");
        }
        else if (_pending[number].Acknowledge())
        {
            _pending.TryRemove(number, out _);
        }
    }

    private void OnTooLarge(RefusedBatch refused) => _fatal.TrySetException(_limits.Refusal(refused));

    private void OnError(int error, string reason, bool isFatal)
    {
        // Where a record was refused the client tells that first, and of the record after it.
        if (isFatal && error != Librdkafka.GaplessGuarantee)
        {
            Fail($"decisions cannot be written: {reason}");
        }

        _logger.ProducerFails($"{_connection}", reason);
    }

    private void Fail(string reason) => _fatal.TrySetException(new DeliveryFailedException($"{_connection}: {reason}"));

    /// <summary>A batch that waits for its acknowledgements, one per topic and partition.</summary>
    private sealed class PendingBatch(int count)
    {
        private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _left = count;

        public Task Task => _done.Task;

        /// <summary>On the producer's thread alone.</summary>
        /// <returns>True where it was the last.</returns>
        public bool Acknowledge()
        {
            if (--_left > 0)
            {
                return false;
            }

            _done.SetResult();
            return true;
        }
    }
}
