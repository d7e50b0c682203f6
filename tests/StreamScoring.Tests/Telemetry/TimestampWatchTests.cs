using StreamScoring.Batches;
using StreamScoring.Telemetry;
using StreamScoring.TestSupport;

namespace StreamScoring.Tests.Telemetry;

public sealed class TimestampWatchTests
{
    private const long Now = TestBatch.LogTimestampMs;

    [Fact]
    public void A_record_stamped_ahead_is_named_and_others_of_its_log_are_counted_until_the_next_notice()
    {
        var notices = new List<string>();
        var watch = new TimestampWatch(TestBatch.Logs, meters: null, new TextLogger(notices.Add));
        watch.Look(Batch(Now, Now + 59_000, Now - 5));
        Assert.Empty(notices);
        watch.Look(Batch(Now, Now, Now + 61_000, long.MaxValue));
        Assert.StartsWith($"{TestBatch.Logs[TestBatch.Payments]} offset 1 is stamped 2023-11-14T22:14:21", Assert.Single(notices), StringComparison.Ordinal);
        watch.Look(Batch(Now + 599_000, Now + 700_000));
        Assert.Single(notices);
        watch.Look(Batch(Now + 601_000, Now + 700_000));
        Assert.Contains(" 3 of this log since", notices[1], StringComparison.Ordinal);
    }

    private static PaymentBatch Batch(long nowMs, params long[] timestampsMs)
    {
        var batch = new PaymentBatch(TestBatch.Layout, timestampsMs.Length, 64);
        batch.Clock.ReceivedAtMs = nowMs;
        for (var i = 0; i < timestampsMs.Length; i++)
        {
            batch.Append(TestBatch.Payments, i, timestampsMs[i], decide: true, [1], int.MaxValue);
        }

        return batch;
    }
}
