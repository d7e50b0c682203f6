using CsCheck;
using StreamScoring.Batches;
using StreamScoring.Ingest;

namespace StreamScoring.Tests.Ingest;

public sealed class LogMergeTests
{
    [Fact]
    public void A_backlog_comes_out_by_timestamp_then_log_then_offset_whatever_the_batch_size() =>
        Gen.Select(Gen.Int[0, 20].Array[0, 40].Array[1, 4], Gen.Int[1, 16]).Sample((steps, rowsMax) =>
        {
            var logs = steps.Select((_, i) => new MemoryLog(i)).ToArray();
            var expected = new List<(long Timestamp, int Log, long Offset)>();
            for (var i = 0; i < logs.Length; i++)
            {
                // Timestamps of one log never go back here, as a broker's append times do not.
                var timestamp = 0L;
                foreach (var step in steps[i])
                {
                    timestamp += step / 4;
                    expected.Add((timestamp, i, logs[i].Append(timestamp, [1])));
                }
            }

            expected.Sort();
            return Drain(logs, rowsMax).SequenceEqual(expected.Select(record => (record.Log, record.Offset)));
        });

    [Fact]
    public void A_log_whose_end_is_unknown_holds_the_others_up_until_the_wait_is_over()
    {
        var clock = new ManualClock();
        var merge = new LogMerge(clock, TimeSpan.FromSeconds(5));
        var logs = new[] { new MemoryLog(0) { EndIsKnown = false }, new MemoryLog(1) };
        logs[1].Append(10, [1]);
        var batch = NewBatch(8);
        Assert.Equal(MergeOutcome.Waiting, merge.Fill(batch, logs));
        Assert.Equal(0, merge.WaitingForLog);

        clock.Advance(TimeSpan.FromSeconds(4));
        Assert.Equal(MergeOutcome.Waiting, merge.Fill(batch, logs));
        clock.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(MergeOutcome.Filled, merge.Fill(batch, logs));
        Assert.Equal(1, merge.WaitsGivenUp);

        // It is not waited for again until it has shown life.
        logs[1].Append(11, [1]);
        Assert.Equal(MergeOutcome.Filled, merge.Fill(NewBatch(8), logs));
        logs[0].Append(12, [1]);
        Assert.Equal(MergeOutcome.Filled, merge.Fill(NewBatch(8), logs));
        logs[1].Append(13, [1]);
        Assert.Equal(MergeOutcome.Waiting, merge.Fill(NewBatch(8), logs));
        Assert.Equal(1, merge.WaitsGivenUp);
    }

    [Fact]
    public void A_wait_that_is_shortened_counts_from_where_it_began()
    {
        var clock = new ManualClock();
        var merge = new LogMerge(clock, TimeSpan.FromHours(1));
        var logs = new[] { new MemoryLog(0) { EndIsKnown = false }, new MemoryLog(1) };
        logs[1].Append(10, [1]);
        Assert.Equal(MergeOutcome.Waiting, merge.Fill(NewBatch(8), logs));
        clock.Advance(TimeSpan.FromSeconds(3));
        Assert.Equal(MergeOutcome.Waiting, merge.Fill(NewBatch(8), logs));
        merge.WaitMax = TimeSpan.FromSeconds(3);
        Assert.Equal(MergeOutcome.Filled, merge.Fill(NewBatch(8), logs));
        Assert.Equal(1, merge.WaitsGivenUp);
    }

    [Fact]
    public void A_record_with_the_last_timestamp_that_there_is_is_taken_too()
    {
        var merge = new LogMerge(new ManualClock(), TimeSpan.FromSeconds(5));
        var logs = new[] { new MemoryLog(0), new MemoryLog(1) };
        logs[0].Append(long.MaxValue, [1]);
        logs[1].Append(long.MaxValue, [1]);
        var batch = NewBatch(8);
        Assert.Equal(MergeOutcome.Filled, merge.Fill(batch, logs));
        Assert.Equal([0, 1], batch.LogIndex.Take(batch.RowCount));
    }

    [Fact]
    public void Once_the_end_is_known_nothing_waits()
    {
        var merge = new LogMerge(new ManualClock(), TimeSpan.FromSeconds(5));
        var logs = new[] { new MemoryLog(0) { EndIsKnown = false }, new MemoryLog(1) };
        logs[1].Append(10, [1]);
        Assert.Equal(MergeOutcome.Waiting, merge.Fill(NewBatch(8), logs));
        logs[0].EndIsKnown = true;
        Assert.Equal(MergeOutcome.Filled, merge.Fill(NewBatch(8), logs));
        Assert.Equal(MergeOutcome.Idle, merge.Fill(NewBatch(8), logs));
    }

    [Fact]
    public void Catching_up_the_logs_of_other_regions_take_their_place_in_time_and_are_waited_for()
    {
        var merge = new LogMerge(new ManualClock(), TimeSpan.FromSeconds(5));
        var logs = new[] { new MemoryLog(0), new MemoryLog(1) { IsFollowed = true, EndIsKnown = false } };
        logs[0].Append(10, [1]);
        logs[0].Append(30, [1]);
        Assert.Equal(MergeOutcome.Waiting, merge.Fill(NewBatch(8), logs));
        logs[1].Append(20, [1]);
        logs[1].EndIsKnown = true;
        var batch = NewBatch(8);
        Assert.Equal(MergeOutcome.Filled, merge.Fill(batch, logs));
        Assert.Equal([0, 1, 0], batch.LogIndex[..batch.RowCount]);
    }

    [Fact]
    public void Once_the_own_logs_were_at_their_ends_those_of_other_regions_hold_nothing_up()
    {
        var merge = new LogMerge(new ManualClock(), TimeSpan.FromSeconds(5));
        var logs = new[] { new MemoryLog(0), new MemoryLog(1) { IsFollowed = true, EndIsKnown = false } };
        Assert.NotEqual(MergeOutcome.Filled, merge.Fill(NewBatch(8), logs));

        // Its end is not known, and nobody waits for it.
        logs[0].Append(1000, [1]);
        Assert.Equal(MergeOutcome.Filled, merge.Fill(NewBatch(8), logs));

        // However long and old its backlog, it gets half of each batch while own records are at hand, and else all of it.
        for (var i = 0; i < 100; i++)
        {
            logs[1].Append(i, [1]);
        }

        for (var i = 0; i < 6; i++)
        {
            logs[0].Append(1001 + i, [1]);
        }

        Assert.Equal([1, 1, 1, 1, 0, 0, 0, 0], Rows(8));
        Assert.Equal([1, 1, 1, 1, 0, 0], Rows(8));
        Assert.Equal([1, 1, 1, 1, 1, 1, 1, 1], Rows(8));

        int[] Rows(int rowsMax)
        {
            var batch = NewBatch(rowsMax);
            Assert.Equal(MergeOutcome.Filled, merge.Fill(batch, logs));
            return batch.LogIndex[..batch.RowCount];
        }
    }

    [Fact]
    public void A_log_of_another_region_that_comes_and_goes_is_waited_for_once()
    {
        var clock = new ManualClock();
        var merge = new LogMerge(clock, TimeSpan.FromSeconds(5));
        var logs = new[] { new MemoryLog(0), new MemoryLog(1) { IsFollowed = true, EndIsKnown = false } };
        logs[0].Append(10, [1]);
        logs[0].Append(30, [1]);
        Assert.Equal(MergeOutcome.Waiting, merge.Fill(NewBatch(1), logs));
        clock.Advance(TimeSpan.FromSeconds(6));
        Assert.Equal(MergeOutcome.Filled, merge.Fill(NewBatch(1), logs));
        logs[1].Append(20, [1]);
        Assert.Equal(MergeOutcome.Filled, merge.Fill(NewBatch(1), logs));
        Assert.Equal(MergeOutcome.Filled, merge.Fill(NewBatch(1), logs));
        Assert.Equal(1, merge.WaitsGivenUp);
    }

    private static List<(int, long)> Drain(MemoryLog[] logs, int rowsMax)
    {
        var merge = new LogMerge(new ManualClock(), TimeSpan.FromSeconds(5));
        var taken = new List<(int, long)>();
        while (true)
        {
            var batch = NewBatch(rowsMax);
            if (merge.Fill(batch, logs) != MergeOutcome.Filled)
            {
                return taken;
            }

            for (var row = 0; row < batch.RowCount; row++)
            {
                taken.Add((batch.LogIndex[row], batch.Offset[row]));
            }
        }
    }

    private static PaymentBatch NewBatch(int rowsMax) => new(TestBatch.Layout, rowsMax, 64);
}
