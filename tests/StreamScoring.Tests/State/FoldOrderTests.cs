using CsCheck;
using StreamScoring.Batches;
using StreamScoring.State;

namespace StreamScoring.Tests.State;

public sealed class FoldOrderTests
{
    [Fact]
    public void It_takes_the_log_whose_next_row_is_oldest_and_of_equal_times_the_one_whose_payment_is() =>
        Gen.Select(Gen.Int[0, 2], Gen.Int[0, 4], Gen.Int[0, 6], Gen.Int[0, 5]).Array[0, 60].Sample(rows =>
        {
            var batch = new PaymentBatch(TestBatch.Layout, Math.Max(1, rows.Length), 64);
            foreach (var (log, timestampMs, eventTimeMs, kind) in rows)
            {
                var row = batch.Append(log, batch.RowCount, timestampMs, decide: true, [1], int.MaxValue);
                batch.EventTimeMs[row] = eventTimeMs;
                batch.Kind[row] = kind switch { 0 => RowKind.Rejected, 1 => RowKind.Label, _ => RowKind.Payment };
            }

            new FoldOrder(3).Fill(batch);
            Assert.Equal(Slowly(batch), batch.FoldOrder[..batch.RowCount]);
        }, iter: 2000);

    [Fact]
    public void Payments_of_one_millisecond_in_several_logs_are_folded_by_event_time()
    {
        var batch = new PaymentBatch(TestBatch.Layout, 9, 64);
        foreach (var (log, eventTimeMs) in new[] { (0, 1), (0, 4), (0, 7), (1, 2), (1, 5), (1, 8), (2, 3), (2, 6), (2, 9) })
        {
            var row = batch.Append(log, eventTimeMs, 1000, decide: true, [1], int.MaxValue);
            (batch.EventTimeMs[row], batch.Kind[row]) = (eventTimeMs, RowKind.Payment);
        }

        new FoldOrder(3).Fill(batch);
        Assert.Equal(Enumerable.Range(1, 9).Select(time => (long)time), batch.FoldOrder.Select(row => batch.EventTimeMs[row]));
    }

    /// <summary>Takes row after row from the logs' heads.</summary>
    private static List<int> Slowly(PaymentBatch batch)
    {
        var logs = Enumerable.Range(0, batch.RowCount).GroupBy(row => batch.LogIndex[row]).ToDictionary(log => log.Key, log => log.ToList());
        var order = new List<int>();
        while (logs.Values.Any(rows => rows.Count > 0))
        {
            var log = logs.Where(log => log.Value.Count > 0)
                .OrderBy(log => log.Value.Min(row => batch.LogTimestampMs[row]))
                .ThenBy(log => batch.Kind[log.Value[0]] == RowKind.Payment ? batch.EventTimeMs[log.Value[0]] : long.MinValue)
                .ThenBy(log => log.Key).First().Value;
            order.Add(log[0]);
            log.RemoveAt(0);
        }

        return order;
    }
}
