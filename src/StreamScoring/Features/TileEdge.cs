namespace StreamScoring.Features;

/// <summary>Where a window begins or ends at a key that has tiles.</summary>
/// <param name="Row">The first row behind it; -1 where it lies among the tiles.</param>
/// <param name="Before">The last tile that lies before it whole; -1 for none.</param>
/// <param name="Split">The tile that it falls into, so that it is not known which of its events lie
/// before; -1 for none.</param>
internal readonly record struct TileEdge(int Row, int Before, int Split)
{
    /// <summary>Before all events.</summary>
    public static readonly TileEdge Oldest = new(-1, -1, -1);

    public bool IsAmongRows => Row >= 0;
}
