using Microsoft.Extensions.Logging;

namespace StreamScoring.Logs;

/// <summary>
/// Which logs are read on, and which stand still though they have records. It goes by what is seen
/// from outside (position, end, movement), so that a cause nobody thought of shows as well; what a
/// client says of it is told beside. Written by whoever reads a log or asks for its end, read by
/// health, metrics and <c>--until-idle</c>; any thread.
/// </summary>
/// <param name="logger">Told of failures as <see cref="FailureNotices"/> does.</param>
public sealed class LogHealth(LogTable logs, TimeProvider clock, ILogger logger)
{
    /// <summary>
    /// A log that is not seen in order for so long fails. Longer than a partition takes to get a
    /// new leader.
    /// </summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    private readonly Lock _lock = new();
    private readonly FailureNotices _notices = new(clock, logger);
    private readonly Dictionary<string, (int[] LogIndices, long At)> _problems = new(StringComparer.Ordinal);
    private readonly View[] _views = [.. Enumerable.Range(0, logs.Count).Select(_ => new View())];
    private readonly Dictionary<string, (IReadOnlyList<LogId> Logs, string Reason, long Since)> _undecided = new(StringComparer.Ordinal);
    private readonly HashSet<string> _failing = new(StringComparer.Ordinal);
    private long _movedAt = clock.GetTimestamp();

    public LogTable Logs => logs;

    /// <summary>
    /// From now on this process is to read the log, whether or not it can be reached yet.
    /// </summary>
    /// <param name="position">Where it begins.</param>
    public void Reads(int logIndex, long position)
    {
        lock (_lock)
        {
            var view = _views[logIndex];
            (view.IsRead, view.InOrderAt, view.ObservedAt) = (true, clock.GetTimestamp(), clock.GetTimestamp());
            view.Seen = new LogObservation(position, 0, PartitionOwnership.NotOwned, -1);
        }
    }

    /// <summary>The log was looked at: to be told every second or so.</summary>
    public void Observe(int logIndex, in LogObservation seen)
    {
        lock (_lock)
        {
            var view = _views[logIndex];
            var now = clock.GetTimestamp();
            var moved = seen.Position != view.Seen.Position;
            if (moved)
            {
                _movedAt = now;
            }

            var isAnswered = seen.IsDrained || seen.AcknowledgedThrough != view.Seen.AcknowledgedThrough;
            if (IsInOrder(seen, moved) && isAnswered)
            {
                (view.InOrderAt, view.ProblemText) = (now, "");
            }

            (view.Seen, view.ObservedAt) = (seen, now);
        }
    }

    /// <summary>
    /// A client says that something is wrong. It is said at once; whether logs stand still because
    /// of it is another question.
    /// </summary>
    /// <param name="where">Its place: a log, a region's brokers.</param>
    /// <param name="logIndices">The logs in question. It is over once all of them were seen in
    /// order for a while, and nobody said it again.</param>
    public void Report(string where, IEnumerable<int> logIndices, string problem)
    {
        var text = $"{where}: {problem}";
        lock (_lock)
        {
            int[] concerned = [.. logIndices];
            _problems[text] = (concerned, clock.GetTimestamp());
            Array.ForEach(concerned, logIndex => _views[logIndex].ProblemText = text);
        }

        _notices.Report(text, text);
    }

    /// <summary>
    /// Logs whose records are to be decided here and cannot be, though they may well be read:
    /// partitions that have no place for decisions, or one that is taken over and whose decided end
    /// nobody tells. It fails once it lasts.
    /// </summary>
    /// <param name="who">Who says so: it says it anew each time, and with no logs once it is
    /// over.</param>
    public void Undecided(string who, IReadOnlyList<LogId> undecided, string reason)
    {
        lock (_lock)
        {
            if (undecided.Count == 0)
            {
                _undecided.Remove(who);
            }
            else
            {
                _undecided[who] = (undecided, reason, _undecided.TryGetValue(who, out var known) ? known.Since : clock.GetTimestamp());
            }
        }
    }

    /// <summary>
    /// How the logs that are read here stand, in their order, and those that cannot be decided
    /// behind them.
    /// </summary>
    public IReadOnlyList<LogStanding> Look()
    {
        lock (_lock)
        {
            return [
                .. Enumerable.Range(0, logs.Count).Where(logIndex => _views[logIndex].IsRead).Select(StandingOf),
                .. _undecided.Values.Where(entry => clock.GetElapsedTime(entry.Since) >= Patience)
                    .SelectMany(entry => entry.Logs.Select(log => NotDecided(log, clock.GetElapsedTime(entry.Since), entry.Reason))),
            ];
        }
    }

    /// <summary>
    /// Says what failed since, what still does, and what is over. To be called every second or so.
    /// </summary>
    public void Say()
    {
        lock (_failing)
        {
            var failing = new HashSet<string>(StringComparer.Ordinal);
            foreach (var standing in Look().Where(standing => standing.Failure != LogFailure.None))
            {
                var key = $"{standing.Log} {standing.Failure}";
                failing.Add(key);
                _notices.Report(key, standing.Text);
            }

            foreach (var key in _failing.Where(key => !failing.Contains(key)).Concat(SolvedProblems()))
            {
                _notices.End(key);
            }

            _failing.Clear();
            _failing.UnionWith(failing);
            _notices.Repeat();
        }
    }

    private List<string> SolvedProblems()
    {
        lock (_lock)
        {
            var solved = _problems
                .Where(problem => Array.TrueForAll(
                    problem.Value.LogIndices,
                    logIndex => !_views[logIndex].IsRead || clock.GetElapsedTime(problem.Value.At, _views[logIndex].InOrderAt) >= Patience))
                .Select(problem => problem.Key).ToList();
            solved.ForEach(key => _problems.Remove(key));
            return solved;
        }
    }

    /// <summary>
    /// All records of it are taken, or some were since it was last looked at; and it is the log
    /// that positions are of.
    /// </summary>
    private static bool IsInOrder(in LogObservation seen, bool moved) =>
        seen.End >= 0 && (seen.DecideFrom <= seen.End || seen.DecideFrom == PartitionOwnership.NotOwned)
        && (seen.Position == seen.End || (moved && seen.Position < seen.End));

    private static LogStanding NotDecided(LogId log, TimeSpan time, string reason) => new(
        log, Position: -1, End: null, LagCount: null, QueuedCount: 0, IsReadThrough: false, LogFailure.NotDecided,
        FormattableString.Invariant($"{log} is not decided for {time.TotalSeconds:0} s: {reason}"), IsDegradation: false);

    private LogStanding StandingOf(int logIndex)
    {
        var (view, log) = (_views[logIndex], logs[logIndex]);
        var seen = view.Seen;
        var failure = clock.GetElapsedTime(view.InOrderAt) < Patience ? LogFailure.None
            : clock.GetElapsedTime(view.ObservedAt) >= Patience || seen.End < 0 ? LogFailure.Unreachable
            : seen.Position > seen.End ? LogFailure.EndsBeforePosition
            : seen.DecideFrom > seen.End && seen.DecideFrom != PartitionOwnership.NotOwned ? LogFailure.EndsBeforeDecided
            : seen.Position == seen.End ? LogFailure.NotAcknowledged
            : seen.QueuedCount > 0 ? (clock.GetElapsedTime(_movedAt) < Patience ? LogFailure.WaitsItsTurn : LogFailure.NotTaken)
            : seen.Start > seen.Position ? LogFailure.Deleted
            : seen.CommittedEnd >= 0 && seen.CommittedEnd <= seen.Position ? LogFailure.OpenTransaction
            : LogFailure.NotFetched;
        var isDegradation = failure == LogFailure.WaitsItsTurn || logs.FollowedRegionOf(logIndex) is not null;
        // An old number would look as if all were well.
        var lag = seen.End < 0 || failure == LogFailure.Unreachable ? (long?)null : Math.Max(0, seen.End - seen.Position);
        var isReadThrough = lag == 0 && seen.IsDrained && IsInOrder(seen, moved: false);
        var text = failure == LogFailure.None ? "" : TextOf(log, view, failure);
        return new LogStanding(log, seen.Position, seen.End < 0 ? null : seen.End, lag, seen.QueuedCount, isReadThrough, failure, text, isDegradation);
    }

    private string TextOf(LogId log, View view, LogFailure failure)
    {
        var seen = view.Seen;
        var end = $"it ends at offset {seen.End}";
        var what = failure switch
        {
            LogFailure.Unreachable => "the brokers do not say where it ends, so it is not known what is missing of it",
            LogFailure.EndsBeforePosition => $"{end}: it lost records, or the topic was made anew",
            LogFailure.EndsBeforeDecided => $"{end} and is decided from {seen.DecideFrom} on: nothing of it is decided. "
                + "The topic was made anew, or the decisions topic names an offset that this log never had",
            LogFailure.NotAcknowledged =>
                $"all of it is taken, and what is decided is acknowledged through offset {seen.AcknowledgedThrough} only: decisions are not written",
            LogFailure.NotTaken => $"{end}; {seen.QueuedCount} records are fetched, and the pipeline takes nothing of any log",
            LogFailure.WaitsItsTurn => $"{end}; {seen.QueuedCount} records are fetched and wait while older ones of other logs are taken",
            LogFailure.Deleted => $"it begins at offset {seen.Start}: records were deleted that were not read",
            LogFailure.OpenTransaction =>
                $"{end}; a publisher's transaction is open since offset {seen.CommittedEnd}, and nothing behind it is read before it ends",
            _ => $"{end}, and nothing of it is fetched",
        };
        var seconds = clock.GetElapsedTime(view.InOrderAt).TotalSeconds;
        var problem = view.ProblemText.Length > 0 ? $" ({view.ProblemText})" : "";
        return FormattableString.Invariant($"{log} stands at offset {seen.Position} for {seconds:0} s: {what}{problem}");
    }

    /// <summary>What is known of a log.</summary>
    private sealed class View
    {
        public bool IsRead { get; set; }

        public LogObservation Seen { get; set; }

        public long ObservedAt { get; set; }

        /// <summary>When it was seen in order last.</summary>
        public long InOrderAt { get; set; }

        /// <summary>What a client said of it since; empty for nothing.</summary>
        public string ProblemText { get; set; } = "";
    }
}
