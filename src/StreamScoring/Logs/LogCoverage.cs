using StreamScoring.Batches;

namespace StreamScoring.Logs;

/// <summary>
/// For each log, the time up to which all of it is known to have been taken: how stale the followed
/// regions are, and which records may still come of any. Written by whoever reads a log or asks for
/// its end, read by any thread.
/// </summary>
public sealed class LogCoverage
{
    private const long Never = long.MinValue;

    private readonly TimeProvider _clock;
    private readonly LogTable _logs;
    private readonly long[] _coveredMs;

    /// <summary>
    /// By log: the newest timestamp that is no later than now, where nothing else tells how far the
    /// log is.
    /// </summary>
    private readonly long[] _seenMs;
    private readonly LogClock[] _clocks;
    private readonly bool[] _brings;
    private readonly int[][] _logsOfRegion;

    /// <param name="clockBlockRecords">Of the logs' clocks; another number than the default is for
    /// tests with few records.</param>
    public LogCoverage(LogTable logs, TimeProvider clock, int clockBlockRecords = LogClock.BlockRecordsDefault)
    {
        (_logs, _clock) = (logs, clock);
        _coveredMs = new long[logs.Count];
        _coveredMs.AsSpan().Fill(Never);
        _seenMs = [.. _coveredMs];
        _clocks = [.. Enumerable.Range(0, logs.Count).Select(_ => new LogClock(clockBlockRecords))];
        _logsOfRegion = [.. logs.FollowedRegions.Select(region =>
            Enumerable.Range(0, logs.Count).Where(logIndex => logs.FollowedRegionOf(logIndex) == region && logs.KindOf(logIndex) == LogKind.Payments).ToArray())];
        _brings = [.. Enumerable.Range(0, logs.Count).Select(logIndex => logs.FollowedRegionOf(logIndex) is not null && logs.KindOf(logIndex) == LogKind.Payments)];
    }

    /// <summary>What log indices mean here.</summary>
    public LogTable Logs => _logs;

    /// <summary>Regions, in the order of <see cref="Fill"/>.</summary>
    public IReadOnlyList<string> Regions => _logs.FollowedRegions;

    /// <summary>
    /// Nothing that was by then in a payments log that is read here is missing here. Far in the
    /// past where a log never was whole; for ever where no other region is followed, as then no
    /// payment comes by two ways.
    /// </summary>
    public long WholeUntilMs
    {
        get
        {
            var until = long.MaxValue;
            for (var logIndex = 0; logIndex < _brings.Length; logIndex++)
            {
                if (Volatile.Read(ref _brings[logIndex]))
                {
                    until = Math.Min(until, Volatile.Read(ref _coveredMs[logIndex]));
                }
            }

            return until;
        }
    }

    /// <summary>
    /// A log of the own region is read. Those of others always count as such: what cannot be
    /// reached now comes later.
    /// </summary>
    public void Reads(int logIndex)
    {
        if (Regions.Count > 0 && _logs.KindOf(logIndex) == LogKind.Payments)
        {
            Volatile.Write(ref _brings[logIndex], true);
        }
    }

    /// <summary>Nothing that was in the log by then is missing here.</summary>
    /// <param name="timeMs">ms since the Unix epoch; one before what is known says nothing, and one
    /// in the future stands for now.</param>
    public void Covered(int logIndex, long timeMs) => Raise(ref _coveredMs[logIndex], Math.Min(timeMs, NowMs));

    /// <summary>
    /// The log's next record was taken. Its timestamp is a publisher's word, so it moves what is
    /// known no further than the log's clock. Of a mirror records are all that tells how stale it
    /// is: there a timestamp counts unless it lies in the future. By the one thread that reads the
    /// log.
    /// </summary>
    public void Took(int logIndex, long timestampMs)
    {
        if (Regions.Count == 0)
        {
            return;
        }

        if (_clocks[logIndex].Note(timestampMs))
        {
            Covered(logIndex, _clocks[logIndex].Ms);
        }

        if (_logs.FollowedRegionOf(logIndex) is { } region && region != _logs[logIndex].Region)
        {
            See(logIndex, timestampMs);
        }
    }

    /// <summary>
    /// What a restored state knows of a log: so that a region is as stale as what was restored of
    /// it, until it is reached.
    /// </summary>
    public void Restored(int logIndex, (long NowMs, long NewestMs) times)
    {
        Covered(logIndex, times.NowMs);
        See(logIndex, times.NewestMs);
    }

    /// <summary>Notes on a batch, when it was taken, how stale the followed regions are.</summary>
    public void Stamp(PaymentBatch batch)
    {
        if (batch.StalenessSeconds.Length != Regions.Count)
        {
            batch.StalenessSeconds = new double[Regions.Count];
        }

        Fill(batch.StalenessSeconds, batch.Clock.ReceivedAtMs);
        batch.WholeUntilMs = WholeUntilMs;
    }

    /// <summary>How long ago the log was known whole.</summary>
    /// <returns>Seconds; NaN where it never was.</returns>
    public double SecondsBehind(int logIndex, long nowMs)
    {
        var covered = Math.Max(Volatile.Read(ref _coveredMs[logIndex]), Volatile.Read(ref _seenMs[logIndex]));
        return covered == Never ? double.NaN : Math.Max(0, nowMs - covered) / 1000.0;
    }

    /// <summary>
    /// For each region, how long ago its payments were known whole: that of its stalest partition.
    /// </summary>
    /// <param name="seconds">[regions] Filled; NaN where a partition never was.</param>
    public void Fill(Span<double> seconds, long nowMs)
    {
        for (var region = 0; region < _logsOfRegion.Length; region++)
        {
            var stalest = 0.0;
            foreach (var logIndex in _logsOfRegion[region])
            {
                stalest = Math.Max(stalest, SecondsBehind(logIndex, nowMs));
            }

            seconds[region] = stalest;
        }
    }

    /// <summary>
    /// For each region, how long ago its payments were known whole, as reports show it.
    /// </summary>
    /// <returns>Seconds; null where a partition never was.</returns>
    public IReadOnlyDictionary<string, double?> StalenessNow()
    {
        var seconds = new double[Regions.Count];
        Fill(seconds, NowMs);
        return Regions.Zip(seconds).ToDictionary(region => region.First, region => double.IsNaN(region.Second) ? (double?)null : Math.Round(region.Second, 3));
    }

    private long NowMs => _clock.GetUtcNow().ToUnixTimeMilliseconds();

    private void See(int logIndex, long timestampMs)
    {
        if (timestampMs > Volatile.Read(ref _seenMs[logIndex]) && timestampMs <= NowMs)
        {
            Raise(ref _seenMs[logIndex], timestampMs);
        }
    }

    private static void Raise(ref long place, long timeMs)
    {
        var known = Volatile.Read(ref place);
        while (timeMs > known && Interlocked.CompareExchange(ref place, timeMs, known) is var found && found != known)
        {
            known = found;
        }
    }
}
