using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using MessagePack;
using StreamScoring.Batches;
using StreamScoring.Contracts;
using StreamScoring.Logs;
using StreamScoring.Telemetry;

namespace StreamScoring.Emit;

/// <summary>
/// The pure part of the emit stage: encodes what a batch owes, decisions and dead letters, in row
/// order.
/// </summary>
/// <param name="asJson">Decisions as JSON instead of the compact form.</param>
/// <param name="deadLetterBytesMax">A dead letter that would be larger is written without the
/// record's copy: what its sender chose must not make it unwritable.</param>
[SuppressMessage("Design", "CA1001", Justification = "The writer holds the batch's own buffer, and nothing that has to be let go.")]
internal sealed class BatchEncoder(LogTable logs, DeadLetterEncoder deadLetters, PipelineMeters? meters, bool asJson = false, int deadLetterBytesMax = int.MaxValue)
{
    private readonly ReusableBuffer _compact = new();

    /// <summary>
    /// Does not check that objects and arrays are closed: the transcoder closes them for any input,
    /// and its tests check it.
    /// </summary>
    private readonly Utf8JsonWriter _json = new(Stream.Null, new JsonWriterOptions { SkipValidation = true });
    private readonly VectorEncoder _vector = new(logs);
    private readonly bool[] _hasVector = new bool[logs.Count];

    /// <param name="decisions">The encoder of the policy that decided the batch.</param>
    public void Encode(PaymentBatch batch, DecisionEncoder decisions)
    {
        var records = batch.Encoded;
        records.Clear();
        Array.Clear(_hasVector);
        var decided = 0;
        for (var rowIndex = 0; rowIndex < batch.RowCount; rowIndex++)
        {
            if (!batch.Decide[rowIndex])
            {
                continue;
            }

            if (batch.Kind[rowIndex] == RowKind.Rejected)
            {
                EncodeDeadLetter(batch, rowIndex, batch.Rejection[rowIndex], records);
                meters?.Rejected(batch.Rejection[rowIndex].Reason);
            }
            else if (batch.Kind[rowIndex] == RowKind.Payment)
            {
                decided++;
                EncodeDecision(batch, rowIndex, decisions, records);
                if (batch.IsConflicting[rowIndex] && !batch.IsDuplicate[rowIndex])
                {
                    // Said once: of the record with which the other payment came, and not of its
                    // retries.
                    EncodeDeadLetter(batch, rowIndex, new Rejection(RejectReason.ConflictingId, (int)TextField.PaymentId), records);
                }
            }
        }

        Invariant.Require(decided == batch.DecideCount);
        if (decided > 0)
        {
            var start = records.Buffer.Length;
            _vector.Encode(batch, records.Buffer);
            records.EndVector(start);
            records.Schemas = decisions.Schemas;
        }
    }

    private void EncodeDeadLetter(PaymentBatch batch, int rowIndex, Rejection rejection, EncodedRecords records)
    {
        var start = records.Buffer.Length;
        deadLetters.Encode(batch, rowIndex, rejection, records.Buffer);
        if (records.Buffer.Length - start > deadLetterBytesMax)
        {
            records.Buffer.CutTo(start);
            deadLetters.Encode(batch, rowIndex, rejection, records.Buffer, withCopy: false);
        }

        records.Add(new EncodedRecord(
            rowIndex, IsDeadLetter: true, rejection.Reason == RejectReason.ConflictingId, CarriesVector: false, 0, 0, start, records.Buffer.Length - start));
    }

    private void EncodeDecision(PaymentBatch batch, int rowIndex, DecisionEncoder decisions, EncodedRecords records)
    {
        var id = batch.Text(TextField.PaymentId);
        var start = records.Buffer.Length;
        if (asJson)
        {
            _compact.Clear();
            var compact = new MessagePackWriter(_compact);
            decisions.Encode(batch, rowIndex, ref compact);
            compact.Flush();
            _json.Reset(records.Buffer);
            DecisionTranscoder.ToJson(_compact.WrittenMemory, _json);
            _json.Flush();
        }
        else
        {
            var writer = new MessagePackWriter(records.Buffer);
            decisions.Encode(batch, rowIndex, ref writer);
            writer.Flush();
        }

        ref var hasVector = ref _hasVector[batch.LogIndex[rowIndex]];
        records.Add(new EncodedRecord(
            rowIndex, IsDeadLetter: false, IsBesideDecision: false, CarriesVector: !hasVector, id.Start[rowIndex], id.Length[rowIndex], start, records.Buffer.Length - start));
        hasVector = true;
    }
}
