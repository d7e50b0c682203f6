using StreamScoring.Drift;

namespace StreamScoring.Tests.Drift;

public sealed class SampleShareTests
{
    private const int RowsPerSecond = 64, Frequency = 1000, BatchRows = 50;

    private readonly SampleShare _share = new(RowsPerSecond, Frequency);
    private long _now;
    private long _offset;

    [Fact]
    public void Below_the_bound_each_row_is_taken_and_stands_for_itself()
    {
        for (var second = 0; second < 100; second++)
        {
            var taken = Second(rows: 60);
            Assert.Equal(60, taken.Count);
            Assert.All(taken, row => Assert.Equal(1, row.Weight));
        }
    }

    [Theory]
    [InlineData(2_000)]
    [InlineData(200_000)]
    public void A_load_above_the_bound_is_sampled_at_less_than_the_bound_and_at_no_less_than_a_quarter_of_it(int rows)
    {
        var first = Second(rows);
        Assert.InRange(first.Count, RowsPerSecond, RowsPerSecond * (1 + Math.Ceiling(Math.Log2(rows))));
        var counts = Enumerable.Range(0, 100).Select(_ => Second(rows).Count).ToList();
        Assert.InRange(counts.Average(), RowsPerSecond / 2.0 * 0.9, RowsPerSecond);
        Assert.All(counts, count => Assert.InRange(count, RowsPerSecond / 4, RowsPerSecond * 1.5));
    }

    /// <summary>
    /// A busy hour has a hundred times the payments of a quiet one, and so its share of the
    /// weights.
    /// </summary>
    [Fact]
    public void Weights_add_up_to_the_rows_there_were_also_while_the_load_changes()
    {
        var (quiet, busy) = (0L, 0L);
        for (var second = 0; second < 2000; second++)
        {
            quiet += Second(50).Sum(row => (long)row.Weight);
            // A load of which nothing told before.
            busy += Second(5000).Sum(row => (long)row.Weight);
        }

        Assert.InRange(quiet / (2000.0 * 50), 0.95, 1.05);
        Assert.InRange(busy / (2000.0 * 5000), 0.98, 1.02);
    }

    [Fact]
    public void Rows_are_taken_from_each_place_of_a_batch_alike()
    {
        var places = new int[BatchRows];
        var count = 0;
        for (var second = 0; second < 2000; second++)
        {
            foreach (var (_, place) in Second(5000))
            {
                places[place]++;
                count++;
            }
        }

        var expected = (double)count / BatchRows;
        // Of 50 places: the quantile of one in a thousand, of 49 degrees of freedom.
        Assert.InRange(places.Sum(taken => Math.Pow(taken - expected, 2) / expected), 20, StabilityIndex.ChiSquareQuantile(BatchRows - 1));
    }

    [Fact]
    public void The_same_positions_give_the_same_rows()
    {
        var other = new SampleShareTests();
        for (var second = 0; second < 20; second++)
        {
            Assert.Equal(Second(3000), other.Second(3000));
        }
    }

    [Fact]
    public void Partitions_at_the_same_offsets_are_sampled_independently()
    {
        _share.Look(Frequency);
        for (var i = 0; i < 100_000; i++)
        {
            _ = _share.Takes(0, i);
        }

        _share.Look(2 * Frequency);
        var (first, both) = (0, 0);
        for (var i = 0; i < 1_000_000; i++)
        {
            var (one, another) = (_share.Takes(1, i), _share.Takes(2, i));
            first += one ? 1 : 0;
            both += one && another ? 1 : 0;
        }

        // One in 2048 of either: 488 rows, and of both 0.2.
        Assert.InRange(first, 400, 580);
        Assert.InRange(both, 0, 3);
    }

    /// <returns>Weight and place in the batch of each row that was taken.</returns>
    private List<(int Weight, int Place)> Second(int rows)
    {
        var taken = new List<(int, int)>();
        var batches = (rows + BatchRows - 1) / BatchRows;
        for (var row = 0; row < rows; row++)
        {
            if (row % BatchRows == 0)
            {
                _share.Look(_now + ((long)Frequency * (row / BatchRows) / batches));
            }

            if (_share.Takes(1, _offset++))
            {
                taken.Add((_share.Weight, row % BatchRows));
                _share.Took();
            }
        }

        _now += Frequency;
        return taken;
    }
}
