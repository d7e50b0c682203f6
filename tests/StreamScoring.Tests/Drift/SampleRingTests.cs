using StreamScoring.Drift;

namespace StreamScoring.Tests.Drift;

public sealed class SampleRingTests
{
    [Fact]
    public void A_full_ring_refuses_rows_and_keeps_those_that_it_has()
    {
        var ring = new SampleRing(width: 1, rowsMax: 3);
        Assert.Equal([true, true, true, false, false], Enumerable.Range(0, 5).Select(i => TryWrite(ring, i)));
        Assert.True(ring.TryRead(out var row));
        Assert.Equal(0, row[0]);
        // It is the reader's until it gives it back.
        Assert.False(TryWrite(ring, 5));
        ring.Taken();
        Assert.True(TryWrite(ring, 6));
        Assert.Equal([1, 2, 6], ReadAll(ring));
        Assert.False(ring.TryRead(out _));
    }

    [Fact]
    public async Task Rows_come_whole_and_in_their_order_while_another_thread_writes()
    {
        const int Rows = 1_000_000, Width = 9;
        var ring = new SampleRing(Width, rowsMax: 7);
        var written = 0;
        var writing = Task.Factory.StartNew(() =>
        {
            for (var i = 0; i < Rows; i++)
            {
                if (ring.TryWrite(out var row))
                {
                    row.Fill(i);
                    ring.Written();
                    written++;
                }
            }
        }, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        var (last, read, isOver) = (-1f, 0, false);
        while (!isOver)
        {
            isOver = writing.IsCompleted;
            while (ring.TryRead(out var row))
            {
                Assert.True(row[0] > last);
                last = row[0];
                Assert.Equal(-1, row.IndexOfAnyExcept(last));
                ring.Taken();
                read++;
            }
        }

        await writing;
        Assert.Equal(written, read);
        Assert.InRange(read, 7, Rows);
    }

    private static bool TryWrite(SampleRing ring, int value)
    {
        if (!ring.TryWrite(out var row))
        {
            return false;
        }

        row[0] = value;
        ring.Written();
        return true;
    }

    private static List<float> ReadAll(SampleRing ring)
    {
        var rows = new List<float>();
        while (ring.TryRead(out var row))
        {
            rows.Add(row[0]);
            ring.Taken();
        }

        return rows;
    }
}
