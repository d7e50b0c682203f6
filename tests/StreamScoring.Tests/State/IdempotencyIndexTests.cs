using CsCheck;
using StreamScoring.State;

namespace StreamScoring.Tests.State;

public sealed class IdempotencyIndexTests
{
    private const int WindowMs = 50;

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(128)]
    public void It_answers_as_a_list_of_all_records_would_whatever_they_are_stamped(int blockRecords) =>
        Gen.Select(Gen.Int[0, 1], Gen.Int[0, 30], Gen.Int[0, 12], Gen.Int[0, 20]).Array[0, 600].Sample(records =>
        {
            var index = new IdempotencyIndex(2, TimeSpan.FromMilliseconds(WindowMs), 1 << 20, blockRecords: blockRecords);
            var clock = 0L;
            var logs = new[] { new List<long>(), new List<long>() };
            var first = new Dictionary<int, (int Log, int Offset, long TimestampMs)>();
            for (var i = 0; i < records.Length; i++)
            {
                var (log, payment, step, lie) = records[i];
                // A payment's records are all in one log: of two, which came first is a matter of
                // order.
                log = payment % 2;
                // Timestamps go back now and then, as publishers' clocks do; and some are far off.
                clock += step - 2;
                var timestampMs = lie switch { 0 => long.MaxValue, 1 => long.MinValue, 2 => clock + (20 * WindowMs), 3 => clock - (20 * WindowMs), _ => clock };
                var expected = first.TryGetValue(payment, out var known)
                    && Int128.Abs((Int128)timestampMs - known.TimestampMs) <= WindowMs && IsKnown(logs[log], known.Offset, blockRecords);
                if (!expected)
                {
                    first[payment] = (log, logs[log].Count, timestampMs);
                }

                Assert.Equal(expected ? Finding.Duplicate : Finding.New, index.FindOrAdd(new(HashOf(payment), 0, logs[log].Count, timestampMs, log), out var found, out _));
                Assert.Equal(first[payment], (found.LogIndex, found.Offset, found.TimestampMs));
                index.Advance(log, timestampMs);
                logs[log].Add(timestampMs);
            }
        }, iter: 300);

    [Theory]
    [InlineData(1)]
    [InlineData(100)]
    [InlineData(1000)]
    public void Records_stamped_ahead_do_not_make_others_be_forgotten(int aheadCount)
    {
        const long Ahead = 10L * 365 * 86_400_000, Start = 1_000_000;
        var index = new IdempotencyIndex(1, TimeSpan.FromMinutes(15), 1 << 20);
        var offset = 0;
        // Long enough for the clock to run.
        for (var i = 0; i < 5000; i++)
        {
            Assert.False(Add(i, Start + i));
        }

        for (var i = 0; i < aheadCount; i++)
        {
            Assert.False(Add(10_000 + i, Start + 5000 + Ahead + i));
        }

        for (var i = 5000; i < 9000; i++)
        {
            Assert.False(Add(i, Start + i));
        }

        for (var i = 0; i < 9000; i++)
        {
            Assert.True(Add(i, Start + 9000 + i), $"payment {i} is forgotten");
        }

        // Nor do they stay for ever.
        for (var i = 0; i < 12_000; i++)
        {
            Add(100_000 + i, Start + 20 * 60_000 + i);
        }

        Assert.InRange(index.Count, 1, 12_000);

        bool Add(int payment, long timestampMs)
        {
            var isDuplicate = index.FindOrAdd(new(HashOf(payment), 0, offset++, timestampMs, 0), out _, out _) == Finding.Duplicate;
            index.Advance(0, timestampMs);
            return isDuplicate;
        }
    }

    [Fact]
    public void The_first_payments_of_the_morning_are_known_though_the_clock_jumps()
    {
        var index = new IdempotencyIndex(1, TimeSpan.FromMinutes(15), 1 << 20, blockRecords: 8);
        const long Night = 8 * 3_600_000;
        for (var i = 0; i < 100; i++)
        {
            Add(i, 1000 + i);
        }

        for (var i = 100; i < 200; i++)
        {
            Assert.False(Add(i, Night + i));
            Assert.True(Add(100, Night + i + 1), $"forgotten {i - 100} records later");
        }

        bool Add(int payment, long timestampMs)
        {
            var isDuplicate = index.FindOrAdd(new(HashOf(payment), 0, payment, timestampMs, 0), out _, out _) == Finding.Duplicate;
            index.Advance(0, timestampMs);
            return isDuplicate;
        }
    }

    [Fact]
    public void A_log_that_brings_little_does_not_keep_the_payments_of_the_others()
    {
        var index = new IdempotencyIndex(2, TimeSpan.FromMilliseconds(WindowMs), 1 << 20, blockRecords: 16);
        index.FindOrAdd(new(HashOf(-1), 0, 0, 0, LogIndex: 1), out _, out _);
        index.Advance(1, 0);
        long bytes = 0;
        for (var i = 0; i < 200_000; i++)
        {
            index.FindOrAdd(new(HashOf(i), 0, i, i, LogIndex: 0), out _, out _);
            index.Advance(0, i);
            bytes = i == 20_000 ? index.AllocatedBytes : bytes;
        }

        Assert.InRange(index.Count, WindowMs, 10 * WindowMs);
        Assert.InRange(index.AllocatedBytes, 1, 2 * bytes);
        Assert.True(index.TryFind(HashOf(-1), 0, out _, out _));
    }

    [Fact]
    public void A_payment_stays_until_no_other_region_can_bring_its_copy_any_more()
    {
        var index = new IdempotencyIndex(2, TimeSpan.FromMilliseconds(WindowMs), 1 << 20, blockRecords: 1);
        index.AreWholeUntil(900);
        Add(payment: 1, timestampMs: 1000, log: 0);
        Add(payment: 2, timestampMs: 1000 + (10 * WindowMs), log: 0);
        Add(payment: 3, timestampMs: 1000 + (20 * WindowMs), log: 0);
        Assert.Equal(3, index.Count);
        Assert.Equal(Finding.Duplicate, index.FindOrAdd(new(HashOf(1), 0, 5, 1000 + WindowMs, 1), out var first, out _));
        Assert.Equal(0, first.LogIndex);

        // The log's clock stood at the second payment's time once a block behind the first one's
        // was over.
        index.AreWholeUntil(1000 + (11 * WindowMs));
        Assert.Equal(Finding.Duplicate, index.FindOrAdd(new(HashOf(1), 0, 5, 1000 + WindowMs, 1), out _, out _));
        index.AreWholeUntil(1000 + (11 * WindowMs) + 1);
        Assert.Equal(Finding.New, index.FindOrAdd(new(HashOf(1), 0, 5, 1000 + WindowMs, 1), out _, out _));

        void Add(int payment, long timestampMs, int log)
        {
            Assert.Equal(Finding.New, index.FindOrAdd(new(HashOf(payment), 0, payment, timestampMs, log), out _, out _));
            index.Advance(log, timestampMs);
        }
    }

    [Theory]
    [InlineData(false, 1)]
    [InlineData(true, 2)]
    public void A_payment_stays_for_two_windows_where_a_mirror_may_repeat_its_copy(bool hasMirror, int windows)
    {
        var index = new IdempotencyIndex(2, TimeSpan.FromMilliseconds(WindowMs), 1 << 20, hasMirror, blockRecords: 1);
        Assert.Equal(Finding.New, index.FindOrAdd(new(HashOf(1), 0, 0, 1000, 0), out _, out _));
        foreach (var timestampMs in new[] { 1000, 1000, 10_000 })
        {
            index.Advance(0, timestampMs);
        }

        index.AreWholeUntil(1000 + (windows * WindowMs));
        Assert.Equal(Finding.Duplicate, index.FindOrAdd(new(HashOf(1), 0, 5, 1000 + WindowMs, 1), out _, out _));
        index.AreWholeUntil(1000 + (windows * WindowMs) + 1);
        Assert.Equal(Finding.New, index.FindOrAdd(new(HashOf(1), 0, 5, 1000 + WindowMs, 1), out _, out _));
    }

    [Fact]
    public void Beyond_its_size_the_oldest_go_and_are_counted()
    {
        var index = new IdempotencyIndex(1, TimeSpan.FromHours(1), 5000);
        for (var i = 0; i < 20_000; i++)
        {
            Assert.Equal(Finding.New, index.FindOrAdd(new(HashOf(i), 0, i, 0, 0), out _, out _));
        }

        Assert.Equal((5000, 15_000), (index.Count, index.EvictedEarly));
        Assert.Equal(Finding.Duplicate, index.FindOrAdd(new(HashOf(19_999), 0, 20_000, 0, 0), out var first, out var sequence));
        Assert.Equal((19_999, 19_999), (first.Offset, sequence));
        Assert.Equal(Finding.New, index.FindOrAdd(new(HashOf(0), 0, 20_001, 0, 0), out _, out _));
    }

    [Fact]
    public void Each_of_many_payments_is_found_until_all_are_over_and_their_room_serves_the_next()
    {
        const int Payments = 100_000;
        var index = new IdempotencyIndex(1, TimeSpan.FromMilliseconds(WindowMs), 1 << 20, blockRecords: 1);
        long bytes = 0;
        for (var round = 0; round < 3; round++)
        {
            var timestampMs = 1000 * WindowMs * round;
            index.Advance(0, timestampMs);
            for (var i = 0; i < Payments; i++)
            {
                Assert.Equal(Finding.New, index.FindOrAdd(new(HashOf(i), 0, i + round, timestampMs, 0), out _, out _));
                index.Advance(0, timestampMs);
            }

            for (var i = 0; i < Payments; i++)
            {
                Assert.True(index.TryFind(HashOf(i), 0, out var first, out _));
                Assert.Equal((i + round, timestampMs), (first.Offset, first.TimestampMs));
            }

            // Those of the round before went one by one as these came.
            Assert.Equal(Payments, index.Count);
            Assert.False(index.TryFind(HashOf(Payments), 0, out _, out _));
            bytes = round == 0 ? index.AllocatedBytes : bytes;
            Assert.InRange(index.AllocatedBytes, bytes, bytes * 1.01);
        }
    }

    /// <summary>
    /// The later one took the first one's place and went before the copy was made: a state restored
    /// from it must not know the first again.
    /// </summary>
    [Fact]
    public void A_copy_holds_no_payment_that_lost_its_place_to_one_that_is_gone()
    {
        var index = new IdempotencyIndex(2, TimeSpan.FromMilliseconds(WindowMs), 60, blockRecords: 1);
        // Of a log that goes on no further, so that both stay, and the first holds the ring's end.
        Add(payment: 2, timestampMs: 0, log: 1);
        Add(payment: 1, timestampMs: 0, log: 1);
        var copy = new IdempotencyCopy(index);
        Assert.True(copy.Step(int.MaxValue));
        Add(payment: 1, timestampMs: 10 * WindowMs, log: 0);
        // The hand that goes around lets it go, as its window is over.
        for (var i = 0; i < 10; i++)
        {
            Add(payment: 3 + i, timestampMs: (20 + i) * WindowMs, log: 0);
        }

        while (!copy.Step(int.MaxValue))
        {
        }

        Assert.False(index.TryFind(HashOf(1), 0, out _, out _));
        Assert.DoesNotContain(copy.End(), entry => entry.Hash == HashOf(1));

        void Add(int payment, long timestampMs, int log)
        {
            Assert.Equal(Finding.New, index.FindOrAdd(new(HashOf(payment), 0, payment, timestampMs, log), out _, out _));
            index.Advance(log, timestampMs);
        }
    }

    [Fact]
    public void A_copy_made_while_payments_come_and_go_is_the_index_of_its_last_step() =>
        Gen.Select(Gen.Int[0, 1_000_000], Gen.Int[1, 40], Gen.Int[1, 6]).Sample((seed, entriesMax, blockRecords) =>
        {
            var random = new Random(seed);
            var index = New();
            var (clock, offset) = (0L, 0);
            // Slow: payments go because there are too many; fast: because their window is over.
            var stepMax = random.Next(2) == 0 ? 2 : 5;
            void Add(int count)
            {
                for (; count > 0; count--)
                {
                    // Of one log few come, so that what it holds keeps the ring's end from moving
                    // on.
                    var log = random.Next(20) == 0 ? 1 : 0;
                    clock += random.Next(stepMax);
                    index.FindOrAdd(new(HashOf(random.Next(200)), 0, offset++, clock, log), out _, out _);
                    index.Advance(log, clock);
                }
            }

            Add(random.Next(300));
            var copy = new IdempotencyCopy(index);
            while (!copy.Step(entriesMax))
            {
                Add(random.Next(entriesMax));
            }

            var held = copy.End();
            var horizon = index.HorizonNow();
            var expected = Enumerable.Range(0, 200)
                .Select(payment => (IsHeld: index.TryFind(HashOf(payment), 0, out var entry, out var sequence), entry, sequence))
                .Where(found => found.IsHeld && !horizon.IsBehind(found.entry))
                .OrderBy(found => found.sequence).Select(found => found.entry).ToList();
            // What comes behind its last step is none of its business.
            Add(300);
            var restored = New();
            foreach (var entry in held)
            {
                // Of a payment that stands twice the later counts.
                restored.Restore(entry);
            }

            Assert.Equal(expected, restored.ToArray());

            IdempotencyIndex New() => new(2, TimeSpan.FromMilliseconds(WindowMs), paymentsMax: 60, blockRecords: blockRecords);
        }, iter: 500);

    /// <summary>
    /// Whether a log's next record finds a payment remembered: from all of the log's timestamps,
    /// block by block.
    /// </summary>
    private static bool IsKnown(List<long> timestampsMs, int offset, int blockRecords)
    {
        var ends = timestampsMs.Chunk(blockRecords).Where(block => block.Length == blockRecords)
            .Select(block => block.Order().ElementAt(Math.Max(1, blockRecords / 64) - 1)).ToList();
        for (var i = 1; i < ends.Count; i++)
        {
            ends[i] = Math.Max(ends[i], ends[i - 1]);
        }

        var behind = (offset / blockRecords) + 1;
        return behind >= ends.Count || (Int128)ends[^1] - ends[behind] <= WindowMs;
    }

    [Fact]
    public void One_id_of_a_hundred_thousand_payments_costs_no_more_than_as_many_ids()
    {
        const int Payments = 100_000;
        var (ofOneId, ofMany) = (new IdempotencyIndex(1, TimeSpan.FromHours(1), 1 << 20), new IdempotencyIndex(1, TimeSpan.FromHours(1), 1 << 20));
        for (var i = 0; i < Payments; i++)
        {
            ofMany.FindOrAdd(new(HashOf(i), 0, i, 0, 0), out _, out _);
            var finding = ofOneId.FindOrAdd(new(HashOf(1), ContentOf(i), i, 0, 0), out var other, out _);
            Assert.Equal(i == 0 ? (Finding.New, 0) : (Finding.Conflicting, i - 1), (finding, other.Offset));
        }

        for (var i = 0; i < Payments; i++)
        {
            Assert.Equal(Finding.Duplicate, ofMany.FindOrAdd(new(HashOf(i), 0, Payments + i, 0, 0), out _, out _));
            Assert.Equal(Finding.Duplicate, ofOneId.FindOrAdd(new(HashOf(1), ContentOf(i), Payments + i, 0, 0), out var first, out var sequence));
            Assert.Equal((i, i), (first.Offset, sequence));
        }

        // Each retry looks twice, and a table that is half full at most gives a few slots a look.
        Assert.InRange(ofOneId.Probes, 0, 10 * Payments);
        Assert.InRange(ofMany.Probes, 0, 10 * Payments);
        Assert.Equal((Payments, Payments), (ofOneId.Count, ofMany.Count));
    }

    [Fact]
    public void Ids_whose_hashes_were_made_to_meet_do_not_meet_in_the_table()
    {
        const int Payments = 20_000;
        var index = new IdempotencyIndex(1, TimeSpan.FromHours(1), 1 << 20);
        for (var i = 0; i < Payments; i++)
        {
            // One low word, and high words that differ in their lowest bits.
            index.FindOrAdd(new(new UInt128((ulong)i, 1), 0, i, 0, 0), out _, out _);
            // The other way round.
            index.FindOrAdd(new(new UInt128(1UL << 40, (ulong)i << 40), 0, i, 0, 0), out _, out _);
        }

        Assert.InRange(index.Probes, 0, 20 * Payments);
    }

    private static ulong ContentOf(int payment) => (ulong)HashOf(-1 - payment);

    private static UInt128 HashOf(int payment) => StreamScoring.Identity.IdentityHash.Development.Of(BitConverter.GetBytes(payment));
}
