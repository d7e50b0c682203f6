using CsCheck;
using StreamScoring.Logs;

namespace StreamScoring.Tests.Logs;

public sealed class LogClockTests
{
    private const long Now = 1_800_000_000_000, Year = 365L * 86_400_000;

    [Fact]
    public void It_is_what_sorting_each_block_says_and_goes_on_from_a_copy() =>
        Gen.Select(Gen.Long.Array[0, 700], Gen.Int[1, 200], Gen.Int[0, 700]).Sample((timesMs, blockRecords, cut) =>
        {
            var clock = new LogClock(blockRecords);
            var expected = long.MinValue;
            for (var i = 0; i < timesMs.Length; i++)
            {
                if (i == cut)
                {
                    var copy = clock.ToLongs();
                    clock = new LogClock(blockRecords);
                    Assert.Equal(copy.Length, clock.Restore([.. copy, 7, 7]));
                }

                var isEnd = (i + 1) % blockRecords == 0;
                Assert.Equal(isEnd, clock.Note(timesMs[i]));
                if (isEnd)
                {
                    var block = timesMs[(i + 1 - blockRecords)..(i + 1)];
                    expected = Math.Max(expected, block.Order().ElementAt(Math.Max(1, blockRecords / 64) - 1));
                }

                Assert.Equal(expected, clock.Ms);
            }
        }, iter: 300);

    [Theory]
    [InlineData(1)]
    [InlineData(100)]
    [InlineData(1000)]
    public void A_run_of_records_stamped_ahead_does_not_move_it_ahead_of_the_others(int run)
    {
        for (var before = 1; before < 3000; before += 97)
        {
            var clock = new LogClock();
            for (var i = 0; i < 10_000; i++)
            {
                clock.Note(i >= before && i < before + run ? Now + (10 * Year) : Now + i);
                Assert.InRange(clock.Ms, long.MinValue, Now + i);
            }

            Assert.InRange(clock.Ms, Now + 10_000 - (2 * LogClock.BlockRecordsDefault) - run, Now + 10_000);
        }
    }

    [Fact]
    public void A_publisher_that_is_always_fast_does_not_move_it_and_one_that_is_always_far_behind_does_not_hold_it()
    {
        var clock = new LogClock();
        for (var i = 0; i < 10_000; i++)
        {
            clock.Note(i % 100 == 0 ? 0 : i % 10 == 5 ? Now + i : Now + i + Year);
        }

        Assert.InRange(clock.Ms, Now + 10_000 - (2 * LogClock.BlockRecordsDefault), Now + 10_000);
    }

    [Theory]
    [InlineData(long.MaxValue, long.MinValue, true)]
    [InlineData(long.MinValue, long.MaxValue, false)]
    [InlineData(100, 90, false)]
    [InlineData(101, 90, true)]
    public void Times_are_compared_however_far_they_lie_apart(long timeMs, long earlierMs, bool isPast) =>
        Assert.Equal(isPast, LogClock.IsPast(timeMs, earlierMs, 10));
}
