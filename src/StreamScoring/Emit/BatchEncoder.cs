using System.Text.Json;
using MessagePack;
using StreamScoring.Batches;
using StreamScoring.Contracts;
using StreamScoring.Diagnostics;

namespace StreamScoring.Emit;

/// <summary>The pure part of the emit stage: encodes what a batch owes, decisions and dead letters, in row order.</summary>
/// <param name="asJson">Decisions as JSON instead of the compact form.</param>
public sealed class BatchEncoder(DecisionEncoder decisions, DeadLetterEncoder deadLetters, PipelineMeters? meters, bool asJson = false)
{
    private readonly ReusableBuffer _compact = new();

    public void Encode(PaymentBatch batch)
    {
        var records = batch.Encoded;
        records.Clear();
        var (decided, late, unscored) = (0, 0, 0);
        for (var rowIndex = 0; rowIndex < batch.RowCount; rowIndex++)
        {
            if (!batch.Decide[rowIndex])
            {
                continue;
            }

            if (batch.Kind[rowIndex] == RowKind.Rejected)
            {
                var start = records.Buffer.Length;
                deadLetters.Encode(batch, rowIndex, records.Buffer);
                records.Add(new EncodedRecord(rowIndex, IsDeadLetter: true, 0, 0, start, records.Buffer.Length - start));
                meters?.Rejected(batch.Rejection[rowIndex].Reason);
            }
            else if (batch.Kind[rowIndex] == RowKind.Payment)
            {
                decided++;
                unscored += double.IsNaN(batch.Probability[rowIndex]) ? 1 : 0;
                late += EncodeDecision(batch, rowIndex, records) ? 1 : 0;
            }
        }

        Invariant.Require(decided == batch.DecideCount);
        if (late > 0)
        {
            meters?.Late(late);
        }

        if (unscored > 0)
        {
            meters?.Unscored(unscored);
        }
    }

    private bool EncodeDecision(PaymentBatch batch, int rowIndex, EncodedRecords records)
    {
        var id = batch.Text(TextField.PaymentId);
        var start = records.Buffer.Length;
        bool isLate;
        if (asJson)
        {
            // On request only: JSON is written from the compact form, so that there is one encoder to keep right.
            _compact.Clear();
            var compact = new MessagePackWriter(_compact);
            isLate = decisions.Encode(batch, rowIndex, ref compact);
            compact.Flush();
            using var json = new Utf8JsonWriter(records.Buffer);
            DecisionJson.Write(json, DecisionMessagePack.Read(_compact.WrittenMemory));
        }
        else
        {
            var writer = new MessagePackWriter(records.Buffer);
            isLate = decisions.Encode(batch, rowIndex, ref writer);
            writer.Flush();
        }

        records.Add(new EncodedRecord(
            rowIndex, IsDeadLetter: false, id.Start[rowIndex], id.Length[rowIndex], start, records.Buffer.Length - start));
        return isLate;
    }
}
