namespace StreamScoring.Features;

/// <summary>Where a window begins or ends at a key that has tiles.</summary>
/// <param name="row">The first row behind it; -1 where it lies among the tiles.</param>
/// <param name="before">The last tile that lies before it whole; -1 for none.</param>
/// <param name="split">The tile that it falls into, so that it is not known which of its events lie
/// before; -1 for none.</param>
/// <param name="low">The totals of all events that lie before it for sure.</param>
/// <param name="high">Those with the rest of the tile that it falls into.</param>
internal readonly unsafe struct TileEdge(int row, int before, int split, long* low, long* high)
{
    public readonly int Row = row, Before = before, Split = split;

    public readonly long* Low = low, High = high;

    public bool IsAmongRows => Row >= 0;

    /// <summary>The window's first row, where this is its begin.</summary>
    public int FirstRow(KeySlot* slot) => IsAmongRows ? Row : slot->Start;

    /// <returns>The window's first tile; behind the last where it has none.</returns>
    public int FirstTile(bool withSplit) => IsAmongRows ? int.MaxValue : Split >= 0 ? Split + (withSplit ? 0 : 1) : Before + 1;

    /// <returns>The window's last tile, where this is its end.</returns>
    public int LastTile(KeySlot* slot, bool withSplit) => IsAmongRows ? TileStore.CountOf(slot) - 1 : withSplit && Split >= 0 ? Split : Before;

    /// <summary>Whether both fall into the same tile.</summary>
    public static bool IsOneTile(in TileEdge begin, in TileEdge end) => begin.Split >= 0 && begin.Split == end.Split;
}
