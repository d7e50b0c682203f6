using CsCheck;
using StreamScoring.State;

namespace StreamScoring.Tests.State;

public sealed class IdempotencyIndexTests
{
    private const int WindowMs = 50;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void It_answers_as_a_list_of_all_records_would(bool isInSeveralLogs) =>
        Gen.Select(Gen.Int[0, 1], Gen.Int[0, 30], Gen.Int[0, 12]).Array[0, 400].Sample(records =>
        {
            var index = new IdempotencyIndex(2, TimeSpan.FromMilliseconds(WindowMs), 1 << 20);
            index.AreWholeUntil(isInSeveralLogs ? long.MinValue : long.MaxValue);
            var clock = 0L;
            var newest = new long[2];
            var first = new Dictionary<int, (int Log, long Offset, long TimestampMs)>();
            for (var i = 0; i < records.Length; i++)
            {
                var (log, payment, step) = records[i];
                log = isInSeveralLogs ? log : payment % 2;
                // Timestamps go back now and then, as publishers' clocks do.
                clock += step - 2;
                newest[log] = Math.Max(newest[log], clock);
                index.Advance(log, clock);
                var expected = first.TryGetValue(payment, out var known)
                    && (known.Log == log ? newest[log] - known.TimestampMs : Math.Abs(clock - known.TimestampMs)) <= WindowMs;
                if (!expected)
                {
                    first[payment] = (log, i, clock);
                }

                Assert.Equal(expected, index.FindOrAdd(new(HashOf(payment), i, clock, log), out var found, out _));
                Assert.Equal(first[payment], (found.LogIndex, found.Offset, found.TimestampMs));
            }
        }, iter: 500);

    [Fact]
    public void A_payment_stays_until_no_other_region_can_bring_its_copy_any_more()
    {
        var index = new IdempotencyIndex(2, TimeSpan.FromMilliseconds(WindowMs), 1 << 20);
        index.AreWholeUntil(900);
        Add(payment: 1, timestampMs: 1000, log: 0);
        Add(payment: 2, timestampMs: 1000 + (10 * WindowMs), log: 0);
        Assert.Equal(2, index.Count);
        Assert.True(index.FindOrAdd(new(HashOf(1), 5, 1000 + WindowMs, 1), out var first, out _));
        Assert.Equal(0, first.LogIndex);

        index.AreWholeUntil(1000 + WindowMs + 1);
        Add(payment: 3, timestampMs: 1000 + (10 * WindowMs), log: 0);
        Assert.Equal(2, index.Count);

        void Add(int payment, long timestampMs, int log)
        {
            index.Advance(log, timestampMs);
            Assert.False(index.FindOrAdd(new(HashOf(payment), payment, timestampMs, log), out _, out _));
        }
    }

    [Theory]
    [InlineData(false, 1)]
    [InlineData(true, 2)]
    public void A_payment_stays_for_two_windows_where_a_mirror_may_repeat_its_copy(bool hasMirror, int windows)
    {
        var index = new IdempotencyIndex(2, TimeSpan.FromMilliseconds(WindowMs), 1 << 20, hasMirror);
        Assert.False(index.FindOrAdd(new(HashOf(1), 0, 1000, 0), out _, out _));
        index.Advance(0, 10_000);
        index.AreWholeUntil(1000 + (windows * WindowMs));
        Assert.True(index.FindOrAdd(new(HashOf(1), 5, 1000 + WindowMs, 1), out _, out _));
        index.AreWholeUntil(1000 + (windows * WindowMs) + 1);
        Assert.False(index.FindOrAdd(new(HashOf(1), 5, 1000 + WindowMs, 1), out _, out _));
    }

    [Fact]
    public void Beyond_its_size_the_oldest_go_and_are_counted()
    {
        var index = new IdempotencyIndex(1, TimeSpan.FromHours(1), 5000);
        for (var i = 0; i < 20_000; i++)
        {
            Assert.False(index.FindOrAdd(new(HashOf(i), i, 0, 0), out _, out _));
        }

        Assert.Equal((5000, 15_000), (index.Count, index.EvictedEarly));
        Assert.True(index.FindOrAdd(new(HashOf(19_999), 20_000, 0, 0), out var first, out var sequence));
        Assert.Equal((19_999, 19_999), (first.Offset, sequence));
        Assert.False(index.FindOrAdd(new(HashOf(0), 20_001, 0, 0), out _, out _));
    }

    [Fact]
    public void Each_of_many_payments_is_found_until_all_are_over_and_their_room_serves_the_next()
    {
        const int Payments = 100_000;
        var index = new IdempotencyIndex(1, TimeSpan.FromMilliseconds(WindowMs), 1 << 20);
        long bytes = 0;
        for (var round = 0; round < 3; round++)
        {
            var timestampMs = 1000 * WindowMs * round;
            index.Advance(0, timestampMs);
            for (var i = 0; i < Payments; i++)
            {
                Assert.False(index.FindOrAdd(new(HashOf(i), i + round, timestampMs, 0), out _, out _));
            }

            for (var i = 0; i < Payments; i++)
            {
                Assert.True(index.TryFind(HashOf(i), out var first, out _));
                Assert.Equal((i + round, timestampMs), (first.Offset, first.TimestampMs));
            }

            // Those of the round before went one by one as these came.
            Assert.Equal(Payments, index.Count);
            Assert.False(index.TryFind(HashOf(Payments), out _, out _));
            bytes = round == 0 ? index.AllocatedBytes : bytes;
            Assert.InRange(index.AllocatedBytes, bytes, bytes * 1.01);
        }
    }

    [Fact]
    public void A_copy_made_while_payments_come_and_go_is_the_index_of_its_last_step() =>
        Gen.Select(Gen.Int[0, 1_000_000], Gen.Int[1, 40]).Sample((seed, entriesMax) =>
        {
            var random = new Random(seed);
            var index = new IdempotencyIndex(2, TimeSpan.FromMilliseconds(WindowMs), paymentsMax: 60);
            var (clock, newest, offset) = (0L, new long[2], 0);
            // Slow: payments go because there are too many; fast: because their window is over.
            var stepMax = random.Next(2) == 0 ? 2 : 5;
            void Add(int count)
            {
                for (; count > 0; count--)
                {
                    var log = random.Next(2);
                    clock += random.Next(stepMax);
                    newest[log] = clock;
                    index.Advance(log, clock);
                    index.FindOrAdd(new(HashOf(random.Next(200)), offset++, clock, log), out _, out _);
                }
            }

            Add(random.Next(300));
            var copy = new IdempotencyCopy(index);
            while (!copy.Step(entriesMax))
            {
                Add(random.Next(entriesMax));
            }

            var held = copy.End();
            var expected = Enumerable.Range(0, 200)
                .Select(payment => (IsHeld: index.TryFind(HashOf(payment), out var entry, out var sequence), entry, sequence))
                .Where(found => found.IsHeld && newest[found.entry.LogIndex] - found.entry.TimestampMs <= WindowMs)
                .OrderBy(found => found.sequence).Select(found => found.entry).ToList();
            // What comes behind its last step is none of its business.
            Add(300);
            // Of a payment that stands twice the later counts.
            Assert.Equal(expected, held.Reverse().DistinctBy(entry => entry.Hash).Reverse());
        }, iter: 500);

    private static UInt128 HashOf(int payment) => StreamScoring.Batches.TextColumn.HashOf(BitConverter.GetBytes(payment));
}
