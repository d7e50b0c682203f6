using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using StreamScoring.Batches;
using StreamScoring.Contracts;
using StreamScoring.Ingest;
using StreamScoring.Logs;

namespace StreamScoring.Emit;

/// <summary>
/// Writes a refused record as a dead letter: JSON with the reason, the position, and a copy of the
/// contract's fields that could be parsed, each value looked at for card numbers. Everything else
/// of the record is withheld: how much, from where, and a keyed hash.
/// </summary>
internal sealed class DeadLetterEncoder
{
    /// <summary>
    /// Of this process alone: letters of one run can be compared, and nobody can try numbers out.
    /// </summary>
    private static readonly byte[] ProcessKey = RandomNumberGenerator.GetBytes(32);

    private readonly LogTable _logs;
    private readonly RecordCopy _copy = new();
    private readonly WithheldBytes _withheld;

    /// <param name="hashKey">A secret, for the hash of what is withheld; empty: one of this
    /// process.</param>
    public DeadLetterEncoder(LogTable logs, ReadOnlySpan<byte> hashKey = default)
    {
        _logs = logs;
        _withheld = new WithheldBytes(hashKey.IsEmpty ? ProcessKey : hashKey);
    }

    /// <summary>Appends one dead letter to the buffer.</summary>
    /// <param name="rejection">Why; <see cref="RejectReason.ConflictingId"/> of a row that was
    /// decided.</param>
    /// <param name="withCopy">False: the topic takes none that is so large.</param>
    public void Encode(PaymentBatch batch, int rowIndex, Rejection rejection, IBufferWriter<byte> output, bool withCopy = true)
    {
        using var writer = new Utf8JsonWriter(output, RecordCopy.Options);
        writer.WriteStartObject();
        writer.WriteString("reason", RejectionText.CodeOf(rejection.Reason));
        writer.WriteString("field", RejectionText.FieldOf(rejection));
        writer.WriteString("detail", RejectionText.Sentence(batch, rowIndex, rejection));
        WritePosition(writer, "source", batch.LogIndex[rowIndex], batch.Offset[rowIndex]);
        if (rejection.Reason == RejectReason.ConflictingId)
        {
            WritePosition(writer, "conflicts_with", batch.ConflictLog[rowIndex], batch.ConflictOffset[rowIndex]);
        }

        writer.WriteString("log_time", DecisionJson.Iso(batch.LogTimestampMs[rowIndex]));
        writer.WriteString("rejected_at", DecisionJson.Iso(batch.Clock.DecidedAtMs));
        writer.WriteNumber("value_bytes", batch.ValueLengthWhole[rowIndex]);
        if (withCopy)
        {
            WriteCopy(writer, batch, rowIndex);
        }
        else
        {
            writer.WriteBoolean("redacted", false);
            writer.WriteBoolean("cut", true);
            writer.WriteString("withheld", "with a copy this would be larger than its topic takes, so no copy is kept");
        }

        writer.WriteEndObject();
    }

    private void WritePosition(Utf8JsonWriter writer, string name, int logIndex, long offset)
    {
        var log = _logs[logIndex];
        writer.WriteStartObject(name);
        writer.WriteString("region", log.Region);
        writer.WriteString("topic", log.Topic);
        if (_logs.TopicIdOf(logIndex) is { } topicId)
        {
            writer.WriteString("topic_id", topicId);
        }

        writer.WriteNumber("partition", log.Partition);
        writer.WriteNumber("offset", offset);
        writer.WriteEndObject();
    }

    private void WriteCopy(Utf8JsonWriter writer, PaymentBatch batch, int rowIndex)
    {
        var value = batch.Value(rowIndex);
        _copy.Start();
        _withheld.Start();
        switch (RecordDecoder.FormOf(value, out _))
        {
            case RecordForm.Json:
                JsonRecordCopier.Copy(value, _copy, _withheld);
                break;
            case RecordForm.MessagePack:
                MessagePackRecordCopier.Copy(value, _logs.KindOf(batch.LogIndex[rowIndex]) == LogKind.Labels, _copy, _withheld);
                break;
            default:
                _withheld.Add(value, 0);
                break;
        }

        _copy.End();
        var beyond = batch.ValueLengthWhole[rowIndex] - value.Length;
        writer.WriteBoolean("redacted", _copy.IsRedacted);
        writer.WriteBoolean("cut", _copy.IsFull || beyond > 0);
        if (!_copy.Written.IsEmpty)
        {
            writer.WriteString("value", _copy.Written);
        }

        if (_withheld.Count > 0)
        {
            writer.WriteString("withheld", string.Create(CultureInfo.InvariantCulture,
                $"{_withheld.Count + beyond} of {batch.ValueLengthWhole[rowIndex]} bytes, from byte {_withheld.First} on")
                + ": only fields of the contract are copied");
            writer.WriteNumber("withheld_bytes", _withheld.Count + beyond);
            writer.WriteNumber("withheld_from", _withheld.First);
            writer.WriteString("withheld_hash", _withheld.Hash());
        }
    }
}
