using StreamScoring.Batches;
using StreamScoring.Ingest;
using StreamScoring.Logs;

namespace StreamScoring.Files;

/// <summary>Says which row of a table the decoder refused, and why.</summary>
public static class TableRefusal
{
    /// <summary>
    /// File, row, field and reason of the batch's first refused row, and what to do where that is
    /// to be said; null where there is none. It never holds a value.
    /// </summary>
    /// <param name="batch">Of <see cref="FileLogSource.Logs"/>, offsets being numbers in
    /// order.</param>
    public static (string Problem, string? Hint)? First(PaymentTable table, PaymentBatch batch)
    {
        for (var rowIndex = 0; batch.RejectedCount > 0 && rowIndex < batch.RowCount; rowIndex++)
        {
            if (batch.Kind[rowIndex] == RowKind.Rejected)
            {
                var index = batch.Offset[rowIndex];
                var place = FileLogSource.Logs.KindOf(batch.LogIndex[rowIndex]) == LogKind.Labels ? table.PlaceOfLabel(index) : table.PlaceOfPayment(index);
                var rejection = batch.Rejection[rowIndex];
                return rejection.Reason == RejectReason.CardNumber && RejectionText.FieldOf(rejection) is { } field
                    ? ($"{place}: {field} holds a card number", RejectionText.CardNumberHint(field))
                    : ($"{place}: {RejectionText.Sentence(batch, rowIndex, rejection)}", null);
            }
        }

        return null;
    }
}
