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
        Gen.Select(Gen.Int[0, 1], Gen.Int[0, 30], Gen.Int[0, 12], Gen.Int[0, 9]).Array[0, 400].Sample(records =>
        {
            var index = new IdempotencyIndex(2, TimeSpan.FromMilliseconds(WindowMs), 1 << 20);
            index.AreWholeUntil(isInSeveralLogs ? long.MinValue : long.MaxValue);
            var clock = 0L;
            var newest = new long[2];
            var first = new Dictionary<(int Payment, int Content), (int Log, long Offset, long TimestampMs)>();
            var newestOf = new Dictionary<int, (int Content, int Log, long Offset, long TimestampMs)>();
            for (var i = 0; i < records.Length; i++)
            {
                // Nearly always an id is of one payment.
                var (log, payment, step, content) = (records[i].Item1, records[i].Item2, records[i].Item3, Math.Max(0, records[i].Item4 - 6));
                log = isInSeveralLogs ? log : payment % 2;
                // Timestamps go back now and then, as publishers' clocks do.
                clock += step - 2;
                newest[log] = Math.Max(newest[log], clock);
                index.Advance(log, clock);
                bool IsWithin(int knownLog, long knownMs) => (knownLog == log ? newest[log] - knownMs : Math.Abs(clock - knownMs)) <= WindowMs;
                var isDuplicate = first.TryGetValue((payment, content), out var known) && IsWithin(known.Log, known.TimestampMs);
                var isConflicting = !isDuplicate && newestOf.TryGetValue(payment, out var other) && other.Content != content && IsWithin(other.Log, other.TimestampMs);
                var expected = isDuplicate ? known : isConflicting ? (newestOf[payment].Log, newestOf[payment].Offset, newestOf[payment].TimestampMs) : (log, i, clock);
                if (!isDuplicate)
                {
                    first[(payment, content)] = (log, i, clock);
                    newestOf[payment] = (content, log, i, clock);
                }

                Assert.Equal(
                    isDuplicate ? Finding.Duplicate : isConflicting ? Finding.Conflicting : Finding.New,
                    index.FindOrAdd(new(HashOf(payment), (ulong)content, i, clock, log), out var found, out _));
                Assert.Equal(expected, (found.LogIndex, found.Offset, found.TimestampMs));
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
        Assert.Equal(Finding.Duplicate, index.FindOrAdd(new(HashOf(1), 0, 5, 1000 + WindowMs, 1), out var first, out _));
        Assert.Equal(0, first.LogIndex);

        index.AreWholeUntil(1000 + WindowMs + 1);
        Add(payment: 3, timestampMs: 1000 + (10 * WindowMs), log: 0);
        Assert.Equal(2, index.Count);

        void Add(int payment, long timestampMs, int log)
        {
            index.Advance(log, timestampMs);
            Assert.Equal(Finding.New, index.FindOrAdd(new(HashOf(payment), 0, payment, timestampMs, log), out _, out _));
        }
    }

    [Theory]
    [InlineData(false, 1)]
    [InlineData(true, 2)]
    public void A_payment_stays_for_two_windows_where_a_mirror_may_repeat_its_copy(bool hasMirror, int windows)
    {
        var index = new IdempotencyIndex(2, TimeSpan.FromMilliseconds(WindowMs), 1 << 20, hasMirror);
        Assert.Equal(Finding.New, index.FindOrAdd(new(HashOf(1), 0, 0, 1000, 0), out _, out _));
        index.Advance(0, 10_000);
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
        var index = new IdempotencyIndex(1, TimeSpan.FromMilliseconds(WindowMs), 1 << 20);
        long bytes = 0;
        for (var round = 0; round < 3; round++)
        {
            var timestampMs = 1000 * WindowMs * round;
            index.Advance(0, timestampMs);
            for (var i = 0; i < Payments; i++)
            {
                Assert.Equal(Finding.New, index.FindOrAdd(new(HashOf(i), 0, i + round, timestampMs, 0), out _, out _));
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
                    index.FindOrAdd(new(HashOf(random.Next(100)), (ulong)random.Next(2), offset++, clock, log), out _, out _);
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
                .Select(payment => (IsHeld: index.TryFind(HashOf(payment / 2), (ulong)(payment % 2), out var entry, out var sequence), entry, sequence))
                .Where(found => found.IsHeld && newest[found.entry.LogIndex] - found.entry.TimestampMs <= WindowMs)
                .OrderBy(found => found.sequence).Select(found => found.entry).ToList();
            // What comes behind its last step is none of its business.
            Add(300);
            // Of a payment that stands twice the later counts.
            Assert.Equal(expected, held.Reverse().DistinctBy(entry => (entry.Hash, entry.Content)).Reverse());
        }, iter: 500);

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

    [Fact]
    public void Payments_of_one_id_go_one_by_one_as_their_windows_end()
    {
        var index = new IdempotencyIndex(1, TimeSpan.FromMilliseconds(WindowMs), 1 << 20);
        for (var i = 0; i < 1000; i++)
        {
            var timestampMs = i;
            index.Advance(0, timestampMs);
            index.FindOrAdd(new(HashOf(1), ContentOf(i), i, timestampMs, 0), out _, out _);
            Assert.Equal(Math.Min(i, WindowMs) + 1, index.Count);
        }

        // What is over is forgotten whatever its id is by now.
        Assert.False(index.TryFind(HashOf(1), ContentOf(0), out _, out _));
        Assert.True(index.TryFind(HashOf(1), ContentOf(999 - WindowMs), out _, out _));
        index.Advance(0, 10_000);
        Assert.Equal(Finding.New, index.FindOrAdd(new(HashOf(2), 0, 1000, 10_000, 0), out _, out _));
        Assert.Equal(1, index.Count);
        Assert.Equal(Finding.New, index.FindOrAdd(new(HashOf(1), ContentOf(1), 1001, 10_000, 0), out _, out _));
    }

    private static ulong ContentOf(int payment) => (ulong)HashOf(-1 - payment);

    private static UInt128 HashOf(int payment) => StreamScoring.Identity.IdentityHash.Development.Of(BitConverter.GetBytes(payment));
}
