using System.Text.Json;
using StreamScoring.Batches;
using StreamScoring.Identity;
using StreamScoring.Logs;

namespace StreamScoring.Ingest;

/// <summary>
/// The pure part of the ingest stage: turns the records of a batch into columns, tells JSON and
/// MessagePack apart per record, and refuses by name what is neither. Used by one thread at a time;
/// allocates nothing for a good record.
/// </summary>
public sealed class RecordDecoder
{
    private static ReadOnlySpan<byte> Utf8Bom => [0xEF, 0xBB, 0xBF];

    private readonly FieldWriter _fields;
    private readonly JsonRecordDecoder _json;
    private readonly MessagePackRecordDecoder _messagePack;
    private readonly LogTable _logs;

    /// <param name="identity">Hashes ids; null: by the secret for development, for values that do
    /// not depend on hashes.</param>
    public RecordDecoder(BatchLayout layout, IngestLimits limits, LogTable logs, IdentityHash? identity = null)
    {
        _fields = new FieldWriter(layout, limits, identity ?? IdentityHash.Development);
        _json = new JsonRecordDecoder(_fields);
        _messagePack = new MessagePackRecordDecoder(_fields);
        _logs = logs;
    }

    /// <summary>Decodes every row; sets their kinds and the list of rows to decide.</summary>
    public void Decode(PaymentBatch batch)
    {
        var (decideCount, rejectedCount) = (0, 0);
        for (var rowIndex = 0; rowIndex < batch.RowCount; rowIndex++)
        {
            if (_logs.IsPolicy(batch.LogIndex[rowIndex]))
            {
                // Whoever puts it in force reads it.
                (batch.Kind[rowIndex], batch.Rejection[rowIndex]) = (RowKind.Policy, default);
                continue;
            }

            var isLabel = _logs.KindOf(batch.LogIndex[rowIndex]) == LogKind.Labels;
            var rejection = DecodeRow(batch, rowIndex, isLabel);
            batch.Rejection[rowIndex] = rejection;
            if (!rejection.IsNone)
            {
                batch.Kind[rowIndex] = RowKind.Rejected;
                rejectedCount++;
            }
            else if (isLabel)
            {
                batch.Kind[rowIndex] = RowKind.Label;
            }
            else
            {
                batch.Kind[rowIndex] = RowKind.Payment;
                if (batch.Decide[rowIndex])
                {
                    batch.DecideRows[decideCount++] = rowIndex;
                }
            }
        }

        (batch.DecideCount, batch.RejectedCount) = (decideCount, rejectedCount);
    }

    private Rejection DecodeRow(PaymentBatch batch, int rowIndex, bool isLabel)
    {
        _fields.StartRow(batch, rowIndex);
        if (batch.ValueLengthWhole[rowIndex] > batch.ValueLength[rowIndex])
        {
            return new Rejection(RejectReason.TooLarge);
        }

        var value = batch.Value(rowIndex);
        if (value.IsEmpty)
        {
            return new Rejection(RejectReason.Empty);
        }

        switch (FormOf(value, out var skipped))
        {
            case RecordForm.MessagePack:
                return isLabel ? _messagePack.DecodeLabel(batch, rowIndex) : _messagePack.DecodePayment(batch, rowIndex);
            case RecordForm.Unknown:
                return new Rejection(RejectReason.UnknownFormat);
        }

        try
        {
            return _json.Decode(batch, rowIndex, isLabel, batch.ValueStart[rowIndex] + skipped, value.Length - skipped);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            // The reader reports malformed input by throwing: the one place where a bad record
            // costs an exception.
            return new Rejection(RejectReason.MalformedJson);
        }
    }

    /// <summary>
    /// Tells the wire forms apart. A MessagePack array starts with 0x90–0x9f, 0xdc or 0xdd; JSON
    /// with a brace, behind white space or a byte order mark at most.
    /// </summary>
    /// <param name="skipped">JSON: how many bytes stand before the brace.</param>
    internal static RecordForm FormOf(ReadOnlySpan<byte> value, out int skipped)
    {
        skipped = 0;
        if (!value.IsEmpty && value[0] is (>= 0x90 and <= 0x9f) or 0xdc or 0xdd)
        {
            return RecordForm.MessagePack;
        }

        skipped = value.StartsWith(Utf8Bom) ? Utf8Bom.Length : 0;
        while (skipped < value.Length && value[skipped] is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n')
        {
            skipped++;
        }

        return skipped < value.Length && value[skipped] == (byte)'{' ? RecordForm.Json : RecordForm.Unknown;
    }
}
