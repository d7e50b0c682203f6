using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using StreamScoring.Batches;
using StreamScoring.Contracts;
using StreamScoring.Ingest;
using StreamScoring.Regions;

namespace StreamScoring.Emit;

/// <summary>
/// Writes a refused record as a dead letter: JSON with the reason, the position, and a copy of the record with every card number
/// masked. Where a card number stands in it otherwise than as plain text (escaped, binary), the copy is withheld.
/// </summary>
public sealed class DeadLetterEncoder(LogTable logs)
{
    /// <summary>Longest copy, bytes of the original record.</summary>
    public const int CopyBytesMax = 16 * 1024;

    /// <summary>Escapes only what JSON asks for: the copy stays readable, and it is never put into a web page unescaped.</summary>
    private static readonly JsonWriterOptions Options = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private byte[] _copy = new byte[CopyBytesMax];
    private byte[] _scratch = new byte[CopyBytesMax];

    /// <summary>Appends one dead letter to the buffer.</summary>
    /// <param name="rejection">Why; <see cref="RejectReason.ConflictingId"/> of a row that was decided.</param>
    public void Encode(PaymentBatch batch, int rowIndex, Rejection rejection, IBufferWriter<byte> output)
    {
        using var writer = new Utf8JsonWriter(output, Options);
        writer.WriteStartObject();
        writer.WriteString("reason", RejectionText.CodeOf(rejection.Reason));
        writer.WriteString("field", RejectionText.FieldOf(rejection));
        writer.WriteString("detail", RejectionText.Sentence(rejection));
        WritePosition(writer, "source", batch.LogIndex[rowIndex], batch.Offset[rowIndex]);
        if (rejection.Reason == RejectReason.ConflictingId)
        {
            WritePosition(writer, "conflicts_with", batch.ConflictLog[rowIndex], batch.ConflictOffset[rowIndex]);
        }

        writer.WriteString("log_time", DecisionJson.Iso(batch.LogTimestampMs[rowIndex]));
        writer.WriteString("rejected_at", DecisionJson.Iso(batch.Clock.DecidedAtMs));
        writer.WriteNumber("value_bytes", batch.ValueLengthWhole[rowIndex]);
        WriteCopy(writer, batch, rowIndex, rejection);
        writer.WriteEndObject();
    }

    private void WritePosition(Utf8JsonWriter writer, string name, int logIndex, long offset)
    {
        var log = logs[logIndex];
        writer.WriteStartObject(name);
        writer.WriteString("region", log.Region);
        writer.WriteString("topic", log.Topic);
        writer.WriteNumber("partition", log.Partition);
        writer.WriteNumber("offset", offset);
        writer.WriteEndObject();
    }

    private void WriteCopy(Utf8JsonWriter writer, PaymentBatch batch, int rowIndex, Rejection rejection)
    {
        var value = batch.Value(rowIndex);
        if (_copy.Length < value.Length)
        {
            (_copy, _scratch) = (new byte[value.Length], new byte[value.Length]);
        }

        // Masked before it is cut, so that no number is cut into a part that no longer looks like one.
        var copy = _copy.AsSpan(0, value.Length);
        value.CopyTo(copy);
        var masked = CardNumber.Redact(copy);
        var isHidden = (rejection.Reason == RejectReason.CardNumber && masked == 0) || HiddenCardNumber.IsIn(copy, _scratch);
        var isCut = copy.Length > CopyBytesMax || batch.ValueLengthWhole[rowIndex] > copy.Length;
        copy = TrimEnd(copy[..Math.Min(copy.Length, CopyBytesMax)], isCut);
        writer.WriteBoolean("redacted", masked > 0);
        writer.WriteBoolean("cut", isCut);
        if (isHidden)
        {
            writer.WriteString("withheld", "a card number stands in it otherwise than as plain text, so no copy is kept");
        }
        else if (Utf8.IsValid(copy))
        {
            writer.WriteString("value", Encoding.UTF8.GetString(copy));
        }
        else
        {
            writer.WriteBase64String("value_base64", copy);
        }
    }

    /// <summary>Where a record was cut, the digits at the cut may be the first part of a card number, and a character may be cut in two.</summary>
    private static Span<byte> TrimEnd(Span<byte> copy, bool isCut)
    {
        if (!isCut)
        {
            return copy;
        }

        var length = copy.Length;
        while (length > 0 && (copy[length - 1] is >= (byte)'0' and <= (byte)'9' or (byte)' ' or (byte)'-' or (byte)'.' or (byte)'_' or (byte)'/'))
        {
            length--;
        }

        for (var back = 0; back < 3 && length > 0 && !Utf8.IsValid(copy[..length]); back++)
        {
            length--;
        }

        return copy[..length];
    }
}
