namespace StreamScoring.Logs;

/// <summary>
/// The logs that a process reads, each under a small index that batches carry instead of the name.
/// Sorted by <see cref="LogId"/>. Those of its own region it may come to own, partition by
/// partition; those that carry another region's events it only ever folds.
/// </summary>
public sealed class LogTable
{
    private readonly LogId[] _ids;
    private readonly LogKind[] _kinds;
    private readonly string?[] _followed;
    private readonly int[] _ownedWith;
    private readonly string?[] _topicIds;

    public LogTable(IEnumerable<(LogId Id, LogKind Kind)> logs)
        : this(logs, [])
    {
    }

    /// <param name="logs">Of the region that the process serves.</param>
    /// <param name="followed">Of other regions. A log's own region is where it is read: for a
    /// mirrored topic that is another than the region whose events it carries.</param>
    /// <param name="topicIds">By <c>region/topic</c>: the topic's id, where it is known. A topic
    /// that was deleted and made again has another.</param>
    public LogTable(
        IEnumerable<(LogId Id, LogKind Kind)> logs, IEnumerable<(LogId Id, LogKind Kind, string Region)> followed, IReadOnlyDictionary<string, string>? topicIds = null)
    {
        TopicIds = topicIds ?? new Dictionary<string, string>();
        var sorted = logs.Select(log => (log.Id, log.Kind, Followed: (string?)null)).Concat(followed.Select(log => (log.Id, log.Kind, Followed: (string?)log.Region)))
            .OrderBy(log => log.Id).ToArray();
        _ids = [.. sorted.Select(log => log.Id)];
        _topicIds = [.. _ids.Select(id => TopicIds.GetValueOrDefault(id.TopicName))];
        _kinds = [.. sorted.Select(log => log.Kind)];
        _followed = [.. sorted.Select(log => log.Followed)];
        Invariant.Require(_ids.Distinct().Count() == _ids.Length);
        PartitionCount = sorted.Count(log => log is { Followed: null, Kind: LogKind.Payments });
        _ownedWith = [.. sorted.Select(log =>
            log.Followed is not null || log.Kind is LogKind.Control or LogKind.Lists ? -1
            : log.Kind == LogKind.Payments ? log.Id.Partition
            : log.Id.Partition % Math.Max(PartitionCount, 1))];
        FollowedRegions = [.. sorted.Where(log => log.Kind is LogKind.Payments or LogKind.Labels).Select(log => log.Followed).OfType<string>().Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
    }

    public int Count => _ids.Length;

    /// <summary>Whether another region's payments are read from a mirror of them.</summary>
    public bool HasMirror => Enumerable.Range(0, Count).Any(logIndex => _kinds[logIndex] == LogKind.Payments && _followed[logIndex] is { } region && region != _ids[logIndex].Region);

    /// <summary>Partitions of the payments topic of the region that the process serves.</summary>
    public int PartitionCount { get; }

    /// <summary>Regions whose events are folded here and decided elsewhere, in order.</summary>
    public IReadOnlyList<string> FollowedRegions { get; }

    public LogId this[int logIndex] => _ids[logIndex];

    /// <summary>
    /// By <c>region/topic</c>: the topic's id, of those that are known; also of topics that are
    /// only written.
    /// </summary>
    public IReadOnlyDictionary<string, string> TopicIds { get; }

    /// <summary>
    /// The id of the log's topic: positions in the log are positions of that topic alone. Null
    /// where it is not known.
    /// </summary>
    public string? TopicIdOf(int logIndex) => _topicIds[logIndex];

    public LogKind KindOf(int logIndex) => _kinds[logIndex];

    /// <summary>Whether the log changes the policy.</summary>
    public bool IsPolicy(int logIndex) => _kinds[logIndex] is LogKind.Control or LogKind.Lists;

    /// <summary>The logs that change the policy.</summary>
    public IEnumerable<int> PolicyLogs => Enumerable.Range(0, Count).Where(IsPolicy);

    /// <summary>
    /// The region whose events the log carries, where these are decided elsewhere; null for a log
    /// of the region that the process serves.
    /// </summary>
    public string? FollowedRegionOf(int logIndex) => _followed[logIndex];

    /// <summary>
    /// The payments partition that a log is owned with: its own, and for labels the one of the same
    /// number, whose owner sends their dead letters.
    /// </summary>
    /// <returns>-1 for a log that nobody here may own.</returns>
    public int OwnedWith(int logIndex) => _ownedWith[logIndex];

    /// <returns>-1 where the process does not read that log.</returns>
    public int IndexOf(LogId id) => Array.IndexOf(_ids, id);
}
