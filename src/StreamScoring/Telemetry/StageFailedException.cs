using StreamScoring.Batches;
using StreamScoring.Logs;

namespace StreamScoring.Telemetry;

/// <summary>
/// A stage failed on a batch: our bug, or a resource that is gone. The message names the stage and
/// the positions it worked on.
/// </summary>
public sealed class StageFailedException(string stage, string positions, Exception innerException)
    : Exception($"{stage} failed on {positions}: {innerException.Message}", innerException)
{
    /// <summary>
    /// Names the first and last offset of each log in the batch: <c>eu/payments/0 offsets
    /// 12..40</c>.
    /// </summary>
    public static string PositionsOf(PaymentBatch batch, LogTable logs)
    {
        var ranges = Enumerable.Range(0, batch.RowCount)
            .GroupBy(rowIndex => batch.LogIndex[rowIndex], rowIndex => batch.Offset[rowIndex])
            .Select(log => $"{logs[log.Key]} offsets {log.Min()}..{log.Max()}");
        return string.Join(", ", ranges);
    }
}
