using StreamScoring.Batches;
using StreamScoring.Contracts;

namespace StreamScoring.Workloads;

/// <summary>
/// Batches of payments that were never records: what does not matter to the fold is the same in
/// every row.
/// </summary>
public static class PaymentBatches
{
    /// <returns>A full batch of payments in euros. Their keys, times and amounts are left to the
    /// caller.</returns>
    public static PaymentBatch New(BatchLayout layout, int rowCount)
    {
        var batch = new PaymentBatch(layout, rowCount, 1024);
        for (var row = 0; row < rowCount; row++)
        {
            batch.Append(logIndex: 0, offset: 0, logTimestampMs: 0, decide: true, [], valueBytesMax: 0);
        }

        CurrencyTable.TryFind("EUR"u8, out var currency);
        batch.CurrencyIndex.AsSpan().Fill(currency);
        batch.Kind.AsSpan().Fill(RowKind.Payment);
        SetDecide(batch, true);
        return batch;
    }

    /// <summary>Whether the rows' features are asked for.</summary>
    public static void SetDecide(PaymentBatch batch, bool decide)
    {
        batch.Decide.AsSpan().Fill(decide);
        batch.DecideCount = decide ? batch.RowCount : 0;
        for (var row = 0; row < batch.RowCount; row++)
        {
            batch.DecideRows[row] = row;
        }
    }
}
