using System.Globalization;
using System.Text;
using Confluent.Kafka;
using StreamScoring.Batches;
using StreamScoring.Contracts;
using StreamScoring.Logs;

namespace StreamScoring.Kafka;

/// <summary>
/// What a batch's records look like on Kafka: payments partition p is answered in partition p, and headers say which position of which
/// log a record answers.
/// </summary>
internal sealed class OutgoingRecords
{
    private readonly int[] _partitionOf;
    private readonly TopicPartition[] _targets;
    private readonly (byte[] Region, byte[] Topic, byte[] Partition, byte[] TopicId)[] _headers;

    public OutgoingRecords(KafkaDecisionSinkOptions options, LogTable logs)
    {
        _partitionOf = [.. Enumerable.Range(0, logs.Count).Select(logs.OwnedWith)];
        _targets = [.. Enumerable.Range(0, logs.PartitionCount).SelectMany(partition =>
            new[] { new TopicPartition(options.Decisions, partition), new TopicPartition(options.DeadLetters, partition) })];
        _headers = [.. Enumerable.Range(0, logs.Count).Select(logIndex => (
            Encoding.UTF8.GetBytes(logs[logIndex].Region), Encoding.UTF8.GetBytes(logs[logIndex].Topic),
            Encoding.UTF8.GetBytes(logs[logIndex].Partition.ToString(CultureInfo.InvariantCulture)),
            Encoding.UTF8.GetBytes(logs.TopicIdOf(logIndex) ?? "")))];
    }

    /// <summary>By target: a partition of decisions or dead letters.</summary>
    public IReadOnlyList<TopicPartition> Targets => _targets;

    /// <summary>Index of the target that the record goes to.</summary>
    public int TargetOf(PaymentBatch batch, in EncodedRecord record) => (2 * _partitionOf[batch.LogIndex[record.RowIndex]]) + (record.IsDeadLetter ? 1 : 0);

    /// <summary>The record, with copies of the batch's bytes.</summary>
    public Message<byte[]?, byte[]> MessageOf(PaymentBatch batch, in EncodedRecord record)
    {
        var headers = _headers[batch.LogIndex[record.RowIndex]];
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
                new Header(RecordHeaders.TopicId, headers.TopicId),
            ],
        };
        if (record.CarriesVector)
        {
            message.Headers.Add(RecordHeaders.Vector, batch.Encoded.Vector.ToArray());
        }

        return message;
    }
}
