using StreamScoring.Batches;
using StreamScoring.Contracts;

namespace StreamScoring.Workloads;

/// <summary>
/// Most of a day of payments and their labels in batches, over and over. Each pass is later than
/// the one before by as much as the ring spans, has payment ids and offsets of its own, and is
/// otherwise the same. So a state that has seen enough passes to fill its longest window neither
/// grows nor shrinks: what is allocated then is allocated for ever.
/// </summary>
public sealed class PaymentRing
{
    /// <summary>So many that no branch predictor knows the rows from the last pass.</summary>
    public const int Rows = 8192;

    /// <summary>One row in so many is a label, as with the handbook's tables.</summary>
    private const int LabelEvery = 128;

    /// <summary>A label is of a payment that came so many passes before: a good week.</summary>
    private const int LabelPasses = 9;

    private const int PaymentsAPass = Rows - LabelsAPass, LabelsAPass = Rows / LabelEvery;

    private readonly PaymentBatch[] _batches;
    private readonly long _spanMs;
    private int _next;

    /// <param name="stages">Decodes the ring's records once; it must have as many batches as the
    /// ring.</param>
    /// <param name="asJson">Records as JSON.</param>
    public PaymentRing(EngineStages stages, int batchRows, bool asJson = false)
    {
        Invariant.Require(Rows % batchRows == 0);
        var records = Records(asJson, out _spanMs);
        _batches = new PaymentBatch[Rows / batchRows];
        for (var i = 0; i < _batches.Length; i++)
        {
            _batches[i] = stages.Take(records.AsSpan(i * batchRows, batchRows));
            stages.Decode(_batches[i]);
            Invariant.Require(_batches[i].RejectedCount == 0);
            Begin(_batches[i]);
        }
    }

    public int BatchCount => _batches.Length;

    public PaymentBatch Next()
    {
        var batch = _batches[_next];
        _next = (_next + 1) % _batches.Length;
        return batch;
    }

    /// <summary>Moves a batch on to the next pass. A few nanoseconds a row.</summary>
    public void Advance(PaymentBatch batch)
    {
        var hashes = batch.Text(TextField.PaymentId).Hash;
        for (var row = 0; row < batch.RowCount; row++)
        {
            batch.EventTimeMs[row] += _spanMs;
            batch.LogTimestampMs[row] += _spanMs;
            batch.KnownAtMs[row] += _spanMs;
            batch.Offset[row] += batch.Kind[row] == RowKind.Label ? LabelsAPass : PaymentsAPass;
            hashes[row]++;
        }
    }

    /// <summary>Every 128th record is a label of the payment before it.</summary>
    private static BenchmarkRecord[] Records(bool asJson, out long spanMs)
    {
        using var payments = GeneratedRecords.Generate(seed: 1).Where(record => !record.IsLabel).GetEnumerator();
        var records = new BenchmarkRecord[Rows];
        var (firstMs, lastMs, last) = (0L, 0L, new Payment { PaymentId = "", EventTimeMs = 0, AmountMinor = 0, Currency = "" });
        for (var row = 0; row < Rows; row++)
        {
            if (row % LabelEvery == LabelEvery - 1)
            {
                var label = new Label
                {
                    PaymentId = last.PaymentId,
                    EventTimeMs = last.EventTimeMs,
                    KnownAtMs = last.EventTimeMs,
                    Fraud = true,
                    CustomerId = last.CustomerId,
                    TerminalId = last.TerminalId,
                };
                records[row] = new BenchmarkRecord(true, asJson ? WireBytes.Json(label) : WireBytes.MessagePack(label));
                continue;
            }

            payments.MoveNext();
            last = PaymentMessagePack.ReadPayment(payments.Current.Value);
            (firstMs, lastMs) = (row == 0 ? last.EventTimeMs : firstMs, last.EventTimeMs);
            records[row] = asJson ? new BenchmarkRecord(false, WireBytes.Json(last)) : payments.Current;
        }

        // A second more, the step of their times, so that passes do not overlap.
        spanMs = lastMs - firstMs + 1000;
        return records;
    }

    /// <summary>
    /// Times of the world's own clock; and a label is of a payment of an earlier pass.
    /// </summary>
    private void Begin(PaymentBatch batch)
    {
        var hashes = batch.Text(TextField.PaymentId).Hash;
        for (var row = 0; row < batch.RowCount; row++)
        {
            batch.LogTimestampMs[row] = batch.EventTimeMs[row];
            if (batch.Kind[row] == RowKind.Label)
            {
                batch.EventTimeMs[row] -= LabelPasses * _spanMs;
                hashes[row] -= LabelPasses;
            }
        }
    }
}
