using System.Globalization;
using System.Text;
using Confluent.Kafka;
using StreamScoring.Batches;
using StreamScoring.Contracts;
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
    private readonly KafkaDecisionSinkOptions _options;
    private readonly LogTable _logs;
    private readonly int _partitionCount;
    private readonly (byte[] Region, byte[] Topic, byte[] Partition)[] _headers;
    private readonly IProducer<byte[]?, byte[]> _producer;
    private readonly Dictionary<(bool IsDeadLetter, int Partition), int> _lastOf = [];
    private readonly TaskCompletionSource _fatal = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public KafkaDecisionSink(KafkaConnection connection, KafkaDecisionSinkOptions options, LogTable logs, Action<string> log)
    {
        (_connection, _options, _logs) = (connection, options, logs);
        _partitionCount = Enumerable.Range(0, logs.Count).Count(logIndex => logs.KindOf(logIndex) == LogKind.Payments);
        _headers = [.. Enumerable.Range(0, logs.Count).Select(logIndex => (
            Encoding.UTF8.GetBytes(logs[logIndex].Region), Encoding.UTF8.GetBytes(logs[logIndex].Topic),
            Encoding.UTF8.GetBytes(logs[logIndex].Partition.ToString(CultureInfo.InvariantCulture))))];
        _producer = new ProducerBuilder<byte[]?, byte[]>(connection.Settings(
                ("enable.idempotence", "true"),
                ("acks", "all"),
                // Never given up: a decision that was stepped over would be a payment without one.
                ("message.timeout.ms", "0"),
                ("enable.gapless.guarantee", "true"),
                ("linger.ms", options.Linger.TotalMilliseconds.ToString(CultureInfo.InvariantCulture)),
                ("compression.type", options.Compression),
                // The graph bounds what is in flight by batches; the client's own bounds must not come first.
                ("queue.buffering.max.messages", $"{options.RecordsInFlightMax}"),
                ("queue.buffering.max.kbytes", "2097151"),
                ("dotnet.producer.delivery.report.fields", "none")))
            .SetErrorHandler((_, error) => OnError(error, log))
            .SetLogHandler((_, _) => { })
            .Build();
    }

    public Task WriteAsync(PaymentBatch batch)
    {
        var records = batch.Encoded.Records;
        if (records.IsEmpty)
        {
            return Task.CompletedTask;
        }

        if (_fatal.Task.IsCompleted)
        {
            return _fatal.Task;
        }

        _lastOf.Clear();
        for (var i = 0; i < records.Length; i++)
        {
            _lastOf[(records[i].IsDeadLetter, PartitionOf(batch, records[i].RowIndex))] = i;
        }

        var pending = new PendingBatch(_lastOf.Count);
        try
        {
            for (var i = 0; i < records.Length; i++)
            {
                Send(batch, records[i], i, pending);
            }
        }
        catch (KafkaException e)
        {
            return Task.FromException(new DeliveryFailedException($"{_connection}: a decision was refused: {e.Error.Reason}", e));
        }

        return Task.WhenAny(pending.Task, _fatal.Task).Unwrap();
    }

    public ValueTask DisposeAsync()
    {
        _producer.Dispose();
        return ValueTask.CompletedTask;
    }

    private int PartitionOf(PaymentBatch batch, int rowIndex) => _logs[batch.LogIndex[rowIndex]].Partition % _partitionCount;

    private void Send(PaymentBatch batch, in EncodedRecord record, int recordIndex, PendingBatch pending)
    {
        var logIndex = batch.LogIndex[record.RowIndex];
        var partition = PartitionOf(batch, record.RowIndex);
        var headers = _headers[logIndex];
        var message = new Message<byte[]?, byte[]>
        {
            Key = record.KeyLength == 0 ? null : batch.Bytes.AsSpan(record.KeyStart, record.KeyLength).ToArray(),
            Value = batch.Encoded.Buffer.Written.Slice(record.ValueStart, record.ValueLength).ToArray(),
            Headers =
            [
                new Header(RecordHeaders.Region, headers.Region),
                new Header(RecordHeaders.Topic, headers.Topic),
                new Header(RecordHeaders.Partition, headers.Partition),
                new Header(RecordHeaders.Offset, Encoding.UTF8.GetBytes(batch.Offset[record.RowIndex].ToString(CultureInfo.InvariantCulture))),
            ],
        };
        var isLast = _lastOf[(record.IsDeadLetter, partition)] == recordIndex;
        _producer.Produce(
            new TopicPartition(record.IsDeadLetter ? _options.DeadLetters : _options.Decisions, partition), message,
            isLast ? report => OnReport(report, pending) : null);
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
