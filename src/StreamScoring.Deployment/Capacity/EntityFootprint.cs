using StreamScoring.Features;

namespace StreamScoring.Deployment.Capacity;

/// <summary>
/// What the state of one entity takes in one process. It follows the layout as the state does,
/// block by block, so a test can compare it with a state that was filled.
/// </summary>
/// <param name="Keys">Those in sight, and those that are idle and not let go yet.</param>
/// <param name="TableBytes">The table of keys, where it has its size.</param>
/// <param name="EventBytes">Blocks of events, with what they have free.</param>
/// <param name="TileBytes">What hot keys have in tiles.</param>
/// <param name="SnapshotBytes">The entity's part of a snapshot.</param>
internal readonly record struct EntityFootprint(double Keys, double TableBytes, double EventBytes, double TileBytes, double SnapshotBytes)
{
    /// <summary>
    /// Where each key takes a slot of a table of at most 2^30, at most half of which is taken.
    /// </summary>
    public const double KeysMax = 1 << 29;

    private const int SlotBytes = 64, SlotCountMin = 1 << 10, TilesFirst = 32, RowsLog2First = 2, RowsLog2Max = 30;

    private const double Deviations = 1, DeviationsOfTiles = 2;

    public double Bytes => TableBytes + EventBytes + TileBytes;

    /// <param name="keys">Keys of which the process has something in sight.</param>
    /// <param name="batchRowsMax">For so many new keys there is always room.</param>
    public static EntityFootprint Of(EntityLayout layout, double keys, EventsPerKey events, int batchRowsMax)
    {
        var idle = layout.IsForgettable ? IdleKeys(keys, events, batchRowsMax) : 0;
        var slots = Slots(keys + idle + batchRowsMax);
        var (tileBytes, tileLongsUsed) = Tiles(layout, events);
        // Of a hot key between half and all of the events that are kept exactly are rows, the
        // others lie in tiles.
        var rows = events.MeanUpTo(layout.ExactEvents) - (events.Beyond(layout.ExactEvents) * layout.ExactEvents / 4);
        var image = (SlotImage.HeadLongs + ((rows + 1) * layout.Stride) + tileLongsUsed) * sizeof(long);
        var eventBytes = (keys * BlockBytes(layout, events)) + (idle * BytesOf(layout, RowsLog2First)) + PartlyUsedBytes(layout, events);
        return new EntityFootprint(keys + idle, slots * SlotBytes, eventBytes, keys * tileBytes, keys * image);
    }

    private static double Slots(double keys) => Math.Max(SlotCountMin, Math.Pow(2, Math.Ceiling(Math.Log2(2 * keys))));

    /// <summary>
    /// Keys that are idle and not seen to be yet. While anything is in sight as many become idle as
    /// keys have one event. The hand that looks for them goes around the table, four slots for each
    /// key that came and 64 for each batch, and finds one after half a round in the mean.
    /// </summary>
    private static double IdleKeys(double keys, EventsPerKey events, int batchRowsMax)
    {
        const double slotsPerKey = 4, slotsPerBatch = 64;
        var came = keys / events.Mean;
        var looked = (slotsPerKey * came) + (slotsPerBatch * keys * events.Mean / batchRowsMax);
        var idle = 0.0;
        // They make the table larger, and so the round longer; it settles at once, as tables
        // double.
        for (var round = 0; round < 3; round++)
        {
            idle = came * Slots(keys + idle + batchRowsMax) / looked / 2;
        }

        return idle;
    }

    /// <returns>Bytes of a key's block, by the shares of keys that need each size.</returns>
    private static double BlockBytes(EntityLayout layout, EventsPerKey events)
    {
        var (bytes, smaller) = (0.0, 0.0);
        for (var rowsLog2 = RowsLog2First; rowsLog2 < RowsLog2Max; rowsLog2++)
        {
            var isLargest = RowsNeeded(layout.ExactEvents) <= 1L << rowsLog2;
            var upTo = isLargest ? 1 : 1 - events.Beyond(EventsThatFit(1L << rowsLog2));
            bytes += (upTo - smaller) * BytesOf(layout, rowsLog2);
            smaller = upTo;
            if (isLargest)
            {
                break;
            }
        }

        return bytes;
    }

    /// <summary>
    /// A block is used again in place where a quarter of it is out of sight, else it doubles, and
    /// it never shrinks: so it has the size of the most that was ever in sight, which is about a
    /// standard deviation above what is there now.
    /// </summary>
    private static double RowsNeeded(double events) => (events + (Deviations * Math.Sqrt(events)) + 1) * 4 / 3;

    /// <summary><see cref="RowsNeeded"/> the other way round.</summary>
    private static double EventsThatFit(double rows) => Math.Max(1, Math.Floor(Below((rows * 0.75) - 1, Deviations)));

    /// <returns>How many events lie so many standard deviations, of a count by Poisson, below a
    /// number.</returns>
    private static double Below(double events, double deviations)
    {
        var root = (Math.Sqrt((deviations * deviations) + (4 * events)) - deviations) / 2;
        return root * root;
    }

    /// <summary>
    /// Of each size of blocks that share pages, a page for those that come and go.
    /// </summary>
    private static double PartlyUsedBytes(EntityLayout layout, EventsPerKey events)
    {
        const double fewKeys = 1e-3;
        var sizes = 1;
        while (sizes + RowsLog2First < RowsLog2Max && events.Beyond(EventsThatFit(1L << (sizes + RowsLog2First - 1))) > fewKeys
            && RowsNeeded(layout.ExactEvents) > 1L << (sizes + RowsLog2First - 1))
        {
            sizes++;
        }

        return sizes * (double)StateMemory.PageBytes;
    }

    /// <summary>With its share of what a page of 256 KiB has left over.</summary>
    private static double BytesOf(EntityLayout layout, int rowsLog2)
    {
        var headLongs = 1 + ((layout.Offsets.Count + 1) / 2);
        var bytes = (headLongs + ((long)layout.Stride << rowsLog2) + new RowIndexLayout(layout).LongsOf(rowsLog2)) * sizeof(long);
        return bytes > StateMemory.PageBytes / 8 ? bytes : StateMemory.PageBytes / (double)BlockPage.BlocksOf((int)bytes);
    }

    /// <returns>Of the mean key: bytes of the room for tiles, and longs of those in use.</returns>
    private static (double Bytes, double LongsUsed) Tiles(EntityLayout layout, EventsPerKey events)
    {
        var tiles = new TileLayout(layout);
        var inWindows = Math.Ceiling(layout.ReachMs / (double)layout.TileWidthMs);
        var behind = Math.Ceiling(layout.LatenessMs / (double)layout.TileWidthBehindMs);
        var (bytes, used) = (0.0, 0.0);
        const double step = 1.2;
        // Who once had too many keeps its tiles, so it is enough to come that near.
        for (var from = Below(layout.ExactEvents, DeviationsOfTiles); events.Beyond(from) > 1e-12; from *= step)
        {
            var (share, held) = (events.Beyond(from) - events.Beyond(from * step), from * Math.Sqrt(step));
            // The newest three quarters, in the mean, of the exact events cover so much of the time
            // that is in sight; the others fall into tiles at random.
            var exact = Math.Min(held - 1, 0.75 * layout.ExactEvents);
            var room = (inWindows + behind) * (1 - (exact / held));
            var count = 1 + (room * (1 - Math.Exp(-(held - exact) / room)));
            var capacity = Math.Max(TilesFirst, Math.Pow(2, Math.Ceiling(Math.Log2(count))));
            bytes += share * (tiles.FirstTile + (capacity * tiles.Stride) + (capacity / TileGroups.Tiles * tiles.GroupLongs)) * sizeof(long);
            used += share * (tiles.FirstTile + (count * tiles.Stride));
        }

        return (bytes, used);
    }
}
