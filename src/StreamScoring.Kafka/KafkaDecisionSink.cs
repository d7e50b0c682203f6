using Confluent.Kafka;
using StreamScoring.Batches;
using StreamScoring.Emit;
using StreamScoring.Regions;

namespace StreamScoring.Kafka;

/// <summary>
/// Sends decisions and dead letters: payments partition p to partition p, in offset order, by an idempotent producer that never steps
/// over a record. As delivery is in order and without gaps, the acknowledgement of the last record per partition stands for all before
/// it, so only that one asks for a report.
/// </summary>
public sealed class KafkaDecisionSink : IDecisionSink
{
    private readonly KafkaConnection _connection;
    private readonly OutgoingRecords _records;
    private readonly IProducer<byte[]?, byte[]> _producer;
    private readonly int[] _lastOf;
    private readonly DeadLettersFirst _inOrder;
    private readonly TaskCompletionSource _fatal = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public KafkaDecisionSink(KafkaConnection connection, KafkaDecisionSinkOptions options, LogTable logs, Action<string> log)
    {
        (_connection, _records) = (connection, new OutgoingRecords(options, logs));
        _inOrder = new DeadLettersFirst(SendAsync);
        _lastOf = new int[_records.Targets.Count];
        _producer = new ProducerBuilder<byte[]?, byte[]>(connection.Settings([
                .. options.ProducerSettings,
                ("enable.idempotence", "true"),
                // Never given up: a decision that was stepped over would be a payment without one.
                ("message.timeout.ms", "0"),
                ("enable.gapless.guarantee", "true"),
                ("dotnet.producer.delivery.report.fields", "none")]))
            .SetErrorHandler((_, error) => OnError(error, log))
            .SetLogHandler((_, _) => { })
            .Build();
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
        try
        {
            for (var i = 0; i < records.Length; i++)
            {
                if (records[i].IsDeadLetter == deadLetters)
                {
                    Send(batch, records[i], i, pending);
                }
            }
        }
        catch (KafkaException e)
        {
            // The whole sink ends with it: nothing may be sent behind the gap.
            _fatal.TrySetException(new DeliveryFailedException($"{_connection}: a decision was refused: {e.Error.Reason}", e));
            return _fatal.Task;
        }

        return Task.WhenAny(pending.Task, _fatal.Task).Unwrap();
    }

    private void Send(PaymentBatch batch, in EncodedRecord record, int recordIndex, PendingBatch pending)
    {
        var target = _records.TargetOf(batch, record);
        var isLast = _lastOf[target] == recordIndex;
        _producer.Produce(_records.Targets[target], _records.MessageOf(batch, record), isLast ? report => OnReport(report, pending) : null);
    }

    private void OnReport(DeliveryReport<byte[]?, byte[]> report, PendingBatch pending)
    {
        if (report.Error.IsError)
        {
            pending.Fail(new DeliveryFailedException($"{_connection}: {report.Topic} partition {report.Partition.Value} refused a record: {report.Error.Reason}"));
        }
        else
        {
            pending.Acknowledge();
        }
    }

    private void OnError(Error error, Action<string> log)
    {
        if (error.IsFatal)
        {
            _fatal.TrySetException(new DeliveryFailedException($"{_connection}: decisions cannot be written: {error.Reason}", new KafkaException(error)));
        }

        log($"{_connection}: {error.Reason}");
    }

    /// <summary>A batch that waits for its acknowledgements, one per topic and partition.</summary>
    private sealed class PendingBatch(int count)
    {
        private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _left = count;

        public Task Task => _done.Task;

        public void Acknowledge()
        {
            // Reports come from the client's thread and, while flushing, from the caller's.
            if (Interlocked.Decrement(ref _left) == 0)
            {
                _done.TrySetResult();
            }
        }

        public void Fail(Exception exception) => _done.TrySetException(exception);
    }
}
