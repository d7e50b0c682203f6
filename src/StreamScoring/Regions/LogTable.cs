namespace StreamScoring.Regions;

/// <summary>The logs that a process reads, each under a small index that batches carry instead of the name. Sorted by <see cref="LogId"/>.</summary>
public sealed class LogTable
{
    private readonly LogId[] _ids;
    private readonly LogKind[] _kinds;

    public LogTable(IEnumerable<(LogId Id, LogKind Kind)> logs)
    {
        var sorted = logs.OrderBy(log => log.Id).ToArray();
        _ids = [.. sorted.Select(log => log.Id)];
        _kinds = [.. sorted.Select(log => log.Kind)];
        Invariant.Require(_ids.Distinct().Count() == _ids.Length);
    }

    public int Count => _ids.Length;

    public LogId this[int logIndex] => _ids[logIndex];

    public LogKind KindOf(int logIndex) => _kinds[logIndex];

    /// <returns>-1 where the process does not read that log.</returns>
    public int IndexOf(LogId id) => Array.IndexOf(_ids, id);
}
