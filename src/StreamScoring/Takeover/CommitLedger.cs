using StreamScoring.Logs;

namespace StreamScoring.Takeover;

/// <summary>
/// How far each log is acknowledged, and how far of that the group was told. A commit never goes
/// back.
/// </summary>
internal sealed class CommitLedger(LogTable logs)
{
    private readonly long[] _acknowledged = new long[logs.Count];
    private readonly long[] _committed = new long[logs.Count];

    public void Acknowledged(IReadOnlyList<LogProgress> progress)
    {
        for (var logIndex = 0; logIndex < progress.Count; logIndex++)
        {
            _acknowledged[logIndex] = progress[logIndex].AcknowledgedThrough;
        }
    }

    /// <summary>
    /// A takeover found the log decided up to there: what this process acknowledged of it before
    /// says no more.
    /// </summary>
    public void Begin(int logIndex, long from) => _committed[logIndex] = Math.Max(_committed[logIndex], from);

    /// <summary>What of these logs the group was not told yet. It counts as told.</summary>
    public List<LogOffset> Take(IEnumerable<int> owned)
    {
        var offsets = new List<LogOffset>();
        foreach (var logIndex in owned)
        {
            if (_acknowledged[logIndex] > _committed[logIndex])
            {
                _committed[logIndex] = _acknowledged[logIndex];
                offsets.Add(new LogOffset(logIndex, _acknowledged[logIndex], logs.TopicIdOf(logIndex) ?? ""));
            }
        }

        return offsets;
    }
}
