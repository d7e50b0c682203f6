namespace StreamScoring.Chaos.Oracle;

/// <summary>The positions that readers see answered, by log.</summary>
public sealed class AnsweredPositions
{
    private readonly Dictionary<(string, string, int), List<long>> _byLog;

    public AnsweredPositions(IEnumerable<Position> positions) =>
        _byLog = positions.GroupBy(position => position.Log).ToDictionary(log => log.Key, log => log.Select(position => position.Offset).Order().ToList());

    public bool Contains(Position position) => _byLog.GetValueOrDefault(position.Log, []).BinarySearch(position.Offset) >= 0;

    /// <summary>
    /// Whether one from that position on is answered, before an offset of the same log.
    /// </summary>
    public bool AnyWithin(Position from, long before)
    {
        var offsets = _byLog.GetValueOrDefault(from.Log, []);
        var at = offsets.BinarySearch(from.Offset);
        at = at < 0 ? ~at : at;
        return at < offsets.Count && offsets[at] < before;
    }
}
