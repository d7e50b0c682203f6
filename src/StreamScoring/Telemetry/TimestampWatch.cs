using Microsoft.Extensions.Logging;
using StreamScoring.Batches;
using StreamScoring.Contracts;
using StreamScoring.Logs;
using StreamScoring.Signals;

namespace StreamScoring.Telemetry;

/// <summary>
/// Says where a publisher's clock is wrong: which records are stamped ahead of this machine's time.
/// Nothing follows from that but a count and a notice; what such records may do is bounded
/// elsewhere (docs/decisions/0002-time-by-the-logs.md). Used by the source's thread.
/// </summary>
internal sealed class TimestampWatch(LogTable logs, PipelineMeters? meters, ILogger logger)
{
    /// <summary>Clocks that are kept in time differ by less.</summary>
    public const long AheadMs = 60_000;

    /// <summary>
    /// One notice of a log in so long: a publisher whose clock is fast stamps all of its records
    /// so.
    /// </summary>
    private const long NoticeEveryMs = 600_000;

    private readonly long[] _noticedMs = [.. Enumerable.Repeat(long.MinValue, logs.Count)];
    private readonly long[] _since = new long[logs.Count];

    public void Look(PaymentBatch batch)
    {
        var latestMs = batch.Clock.ReceivedAtMs + AheadMs;
        for (var rowIndex = 0; rowIndex < batch.RowCount; rowIndex++)
        {
            if (batch.LogTimestampMs[rowIndex] > latestMs)
            {
                Say(batch, rowIndex);
            }
        }
    }

    private void Say(PaymentBatch batch, int rowIndex)
    {
        var (logIndex, nowMs, stampedMs) = (batch.LogIndex[rowIndex], batch.Clock.ReceivedAtMs, batch.LogTimestampMs[rowIndex]);
        meters?.TimestampAhead(logIndex);
        _since[logIndex]++;
        if (_noticedMs[logIndex] > nowMs - NoticeEveryMs)
        {
            return;
        }

        var log = logs[logIndex];
        logger.StampedAhead(log.Region, log.Topic, log.Partition, batch.Offset[rowIndex], DecisionJson.Iso(stampedMs), DecisionJson.Iso(nowMs), _since[logIndex]);
        (_noticedMs[logIndex], _since[logIndex]) = (nowMs, 0);
    }
}
