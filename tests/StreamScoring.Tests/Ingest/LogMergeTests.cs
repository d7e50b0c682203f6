using CsCheck;
using StreamScoring.Batches;
using StreamScoring.Ingest;
using StreamScoring.Workloads;

namespace StreamScoring.Tests.Ingest;

public sealed class LogMergeTests
{
    [Fact]
    public void A_backlog_comes_out_by_timestamp_and_offset_whatever_the_batch_size() =>
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

            var timestamps = expected.ToDictionary(record => (record.Log, record.Offset), record => record.Timestamp);
            var taken = Drain(logs, rowsMax);
            Assert.Equal(expected.Select(record => record.Timestamp).Order(), taken.Select(record => timestamps[record]));
            Assert.All(taken.GroupBy(record => record.Log), log => Assert.Equal(Enumerable.Range(0, log.Count()).Select(offset => (long)offset), log.Select(record => record.Offset)));
        });

    [Fact]
    public void Of_logs_with_records_of_one_time_each_gives_some_in_turn()
    {
        var logs = Logs(2);
        for (var i = 0; i < 100; i++)
        {
            logs[i % 2].Append(5, [1]);
        }

        var batch = NewBatch(40);
        Assert.Equal(MergeOutcome.Filled, new LogMerge(new ManualClock(), TimeSpan.FromSeconds(5)).Fill(batch, logs));
        Assert.Equal([.. Enumerable.Repeat(0, 16), .. Enumerable.Repeat(1, 16), .. Enumerable.Repeat(0, 8)], batch.LogIndex[..40]);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(100)]
    [InlineData(230)]
    public void Catching_up_records_stamped_ahead_take_their_place_before_those_behind_them(int run)
    {
        var logs = Logs(2);
        for (var i = 0; i < 2000; i++)
        {
            logs[0].Append(i >= 500 && i < 500 + run ? long.MaxValue : 2 * i, [1]);
            logs[1].Append((2 * i) + 1, [1]);
        }

        // Neither log is ever further behind the other than the run is long, and a sixteenth of
        // what is looked ahead.
        var (next, apartMax) = (new long[2], 0L);
        foreach (var (log, offset) in Drain(logs, 64))
        {
            next[log] = offset;
            apartMax = Math.Max(apartMax, Math.Abs(next[0] - next[1]));
        }

        Assert.Equal([1999, 1999], next);
        Assert.InRange(apartMax, 1, run + 20);
    }

    [Fact]
    public void A_record_stamped_far_behind_does_not_pull_those_before_it_forward()
    {
        var logs = Logs(2);
        for (var i = 0; i < 1000; i++)
        {
            logs[0].Append(i % 50 == 49 ? 0 : i, [1]);
            logs[1].Append(i, [1]);
        }

        var (next, apartMax) = (new long[2], 0L);
        foreach (var (log, offset) in Drain(logs, 8))
        {
            next[log] = offset;
            apartMax = Math.Max(apartMax, Math.Abs(next[0] - next[1]));
        }

        Assert.InRange(apartMax, 1, 20);
    }

    [Fact]
    public void A_record_of_the_future_with_nothing_behind_it_waits_for_the_others_no_longer_than_until_they_come_to_the_present()
    {
        var clock = new ManualClock();
        var nowMs = clock.GetUtcNow().ToUnixTimeMilliseconds();
        var merge = new LogMerge(clock, TimeSpan.FromSeconds(5));
        var logs = Logs(2);
        logs[0].Append(nowMs + (59 * 60_000), [1]);
        for (var i = 0; i < 20; i++)
        {
            logs[1].Append(nowMs - 10 + i, [1]);
        }

        Assert.Equal([1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 1, 1, 1, 1, 1, 1, 1, 1], Rows(20));
        // What is behind it is not held back by it, nor is a second one that is further ahead.
        logs[0].Append(nowMs + 12, [1]);
        logs[0].Append(long.MaxValue, [1]);
        logs[0].Append(nowMs + 13, [1]);
        for (var i = 0; i < 20; i++)
        {
            logs[1].Append(nowMs + 20 + i, [1]);
        }

        Assert.Equal([1, 0, 0, 0, 1], Rows(5));

        int[] Rows(int rowsMax)
        {
            var batch = NewBatch(rowsMax);
            Assert.Equal(MergeOutcome.Filled, merge.Fill(batch, logs));
            return batch.LogIndex[..batch.RowCount];
        }
    }

    [Fact]
    public void While_others_always_have_records_a_log_of_the_future_is_passed_over_for_no_longer_than_they_take_to_come_to_the_present()
    {
        var clock = new ManualClock();
        var nowMs = clock.GetUtcNow().ToUnixTimeMilliseconds();
        var merge = new LogMerge(clock, TimeSpan.FromSeconds(5));
        var logs = Logs(2);
        for (var i = 0; i < 300; i++)
        {
            // More than is looked ahead: nothing says yet that these are wrong.
            logs[0].Append(nowMs + (3600_000L * 24 * 3650), [1]);
        }

        for (var round = 0; round < 100; round++)
        {
            for (var i = 0; i < 8; i++)
            {
                logs[1].Append(clock.GetUtcNow().ToUnixTimeMilliseconds() - 50, [1]);
            }

            var batch = NewBatch(8);
            Assert.Equal(MergeOutcome.Filled, merge.Fill(batch, logs));
            clock.Advance(TimeSpan.FromMilliseconds(10));
            if (batch.LogIndex.AsSpan(0, batch.RowCount).Contains(0))
            {
                Assert.InRange(round, 5, 8);
                return;
            }
        }

        Assert.Fail("the log was never read");
    }

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

        // However long and old its backlog, it gets half of each batch while own records are at
        // hand, and else all of it.
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

    [Fact]
    public void A_batch_ends_behind_what_changes_the_policy()
    {
        var logs = Logs(3);
        var gate = new Gate(control: 0, lists: 1);
        logs[0].Append(20, [1]);
        logs[1].Append(40, [1]);
        logs[1].Append(41, [1]);
        foreach (var timestamp in (long[])[10, 30, 50])
        {
            logs[2].Append(timestamp, [1]);
        }

        Assert.Equal([[2, 0], [2, 1, 1], [2]], Batches(new LogMerge(new ManualClock(), TimeSpan.FromSeconds(5)) { Gate = gate }, logs));
    }

    [Fact]
    public void Live_nothing_waits_for_a_change_that_is_being_made_ready_and_catching_up_all_do()
    {
        var logs = Logs(2);
        var gate = new Gate(control: 0, lists: -1);
        var merge = new LogMerge(new ManualClock(), TimeSpan.FromSeconds(5)) { Gate = gate };
        logs[0].Append(10, [1]);
        logs[1].Append(20, [1]);
        gate.IsReady = false;
        Assert.Equal(MergeOutcome.Waiting, merge.Fill(NewBatch(8), logs));
        gate.IsReady = true;
        Assert.Equal([[0], [1]], Batches(merge, logs));

        logs[0].Append(30, [1]);
        logs[1].Append(40, [1]);
        gate.IsReady = false;
        Assert.Equal([[1]], Batches(merge, logs));
        gate.IsReady = true;
        Assert.Equal([[0]], Batches(merge, logs));
    }

    [Fact]
    public void A_log_that_is_held_gives_nothing_and_what_it_waits_for_is_read()
    {
        var logs = Logs(3);
        var gate = new Gate(control: 0, lists: -1);
        var merge = new LogMerge(new ManualClock(), TimeSpan.FromSeconds(5)) { Gate = gate };
        logs[0].Append(100, [1]);
        logs[1].Append(10, [1]);
        logs[2].Append(20, [1]);
        logs[1].IsHeld = true;

        // While catching up the others keep their place behind it.
        Assert.Equal([[0]], Batches(merge, logs));
        logs[1].IsHeld = false;
        Assert.Equal([[1, 2]], Batches(merge, logs));

        // Live they go on.
        logs[1].IsHeld = true;
        logs[1].Append(200, [1]);
        logs[2].Append(201, [1]);
        Assert.Equal([[2]], Batches(merge, logs));
    }

    private static MemoryLog[] Logs(int count) => [.. Enumerable.Range(0, count).Select(logIndex => new MemoryLog(logIndex))];

    private static List<(int Log, long Offset)> Drain(MemoryLog[] logs, int rowsMax)
    {
        var merge = new LogMerge(new ManualClock(), TimeSpan.FromSeconds(5));
        var taken = new List<(int Log, long Offset)>();
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

    /// <summary>The logs of each batch's rows, until none comes.</summary>
    private static List<int[]> Batches(LogMerge merge, MemoryLog[] logs)
    {
        var batches = new List<int[]>();
        for (var batch = NewBatch(8); merge.Fill(batch, logs) == MergeOutcome.Filled; batch = NewBatch(8))
        {
            batches.Add(batch.LogIndex[..batch.RowCount]);
        }

        return batches;
    }

    private sealed class Gate(int control, int lists) : IPolicyGate
    {
        public bool IsReady { get; set; } = true;

        public bool IsPolicy(int logIndex) => logIndex == control || logIndex == lists;

        public bool MayTake(ILogReader reader) => reader.LogIndex != control || IsReady;
    }

    private static PaymentBatch NewBatch(int rowsMax) => new(TestBatch.Layout, rowsMax, 64);
}
