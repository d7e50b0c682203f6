using System.Diagnostics;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using Prometheus;
using StreamScoring.Deployment;
using StreamScoring.Features;
using StreamScoring.Logs;
using StreamScoring.State;

namespace StreamScoring.Host.Serving;

/// <summary>A process's snapshots: which one it starts from, and when it writes one.</summary>
internal sealed class Snapshots
{
    private readonly Topology _topology;
    private readonly FeatureFile _features;
    private readonly ILogger _logger;
    private bool _hasTopicIds = true;
    private readonly SnapshotHistory _history;
    private readonly Gauge _lastSuccess;
    private readonly Gauge _lastSeconds;
    private readonly Gauge _lastBytes;
    private readonly Counter _failures;
    private FoldedState? _ahead;

    public Snapshots(Topology topology, FeatureFile features, CollectorRegistry registry, ILogger logger)
    {
        (_topology, _features, _logger) = (topology, features, logger);
        var instance = topology.Membership.Instance.Length > 0 ? topology.Membership.Instance : RandomNumberGenerator.GetHexString(6, lowercase: true);
        _history = new SnapshotHistory(
            new SnapshotFolder(Path.Combine(topology.DataFolder, "snapshots")), features, new Dictionary<string, string>(), topology.Hash, instance, topology.Snapshots.Keep, logger,
            topology.Identity);
        var factory = Metrics.WithCustomRegistry(registry);
        _lastSuccess = factory.CreateGauge("scoring_snapshot_last_success_timestamp_seconds", "When the newest snapshot of this process was complete, seconds since the Unix epoch.");
        _lastSeconds = factory.CreateGauge("scoring_snapshot_last_seconds", "How long the newest snapshot took to be written.");
        _lastBytes = factory.CreateGauge("scoring_snapshot_last_bytes", "Size of the newest snapshot.");
        _failures = factory.CreateCounter("scoring_snapshot_failures_total", "Snapshots that could not be written.");
    }

    /// <summary>
    /// Without the topics' ids a snapshot could not be told from one of other topics by the same
    /// names.
    /// </summary>
    private bool IsOn => _topology.Snapshots.Interval > TimeSpan.Zero && _hasTopicIds;

    /// <summary>
    /// By <c>region/topic</c>: the ids of the topics that the restored state is of, as far as they
    /// are known.
    /// </summary>
    public IReadOnlyDictionary<string, string> TopicIds => _history.TopicIds;

    /// <summary>
    /// From now on only a snapshot that lies at or before this offset of the log will do.
    /// </summary>
    public void RequireAtOrBefore(LogId log, long offset) => _history.RequireAtOrBefore(log, offset);

    /// <summary>
    /// Every snapshot will do again: where one is ahead after all, the graph says so once more.
    /// </summary>
    public void ForgetBounds() => _history.ForgetBounds();

    /// <summary>
    /// Reads already what the next <see cref="Restore"/> is to give. It is kept nowhere else, so
    /// that a state that was given up is not in memory beside the next.
    /// </summary>
    public void RestoreAhead(LogTable logs) => _ahead = Restore(logs);

    /// <summary>The newest state that can be used; an empty one where there is none.</summary>
    /// <param name="logs">With the ids that their topics have now.</param>
    public FoldedState Restore(LogTable logs)
    {
        if (Interlocked.Exchange(ref _ahead, null) is { } ahead)
        {
            return ahead;
        }

        _history.TopicIds = logs.TopicIds;
        _history.Required = [$"{_topology.Region}/{_topology.Home.Payments}", $"{_topology.Region}/{_topology.Home.Labels}"];
        if (logs.TopicIds.Count == 0 && _hasTopicIds)
        {
            _logger.NoTopicIds();
        }

        _hasTopicIds = logs.TopicIds.Count > 0;
        FoldedState New() => new(_features, logs, _topology.Idempotency, _topology.StateBytesMax, identity: _topology.Identity);
        if (!IsOn)
        {
            return New();
        }

        var started = Stopwatch.GetTimestamp();
        var (state, from) = _history.RestoreNewest(New);
        if (from is not null)
        {
            _logger.StateRestored(from.CreatedAt, Stopwatch.GetElapsedTime(started).TotalSeconds);
        }

        return state;
    }

    /// <summary>
    /// Writes one at every interval until it is cancelled; one that is being written then is given
    /// up.
    /// </summary>
    public async Task RunAsync(FoldedState state, CancellationToken cancel)
    {
        if (!IsOn)
        {
            return;
        }

        using var timer = new PeriodicTimer(_topology.Snapshots.Interval);
        try
        {
            while (await timer.WaitForNextTickAsync(cancel))
            {
                await WriteAsync(state, cancel);
            }
        }
        catch (OperationCanceledException)
        {
            // Stopped on purpose.
        }
    }

    /// <summary>Writes the state of a graph that has ended.</summary>
    public async Task WriteLastAsync(FoldedState state)
    {
        if (!IsOn)
        {
            return;
        }

        var written = WriteAsync(state, CancellationToken.None);
        while (!written.IsCompleted)
        {
            // Nobody folds any more, so the state's thread is this one.
            state.Advance(FoldedState.BytesPerStep);
            await Task.Yield();
        }

        await written;
    }

    /// <summary>
    /// Done behind the last chunk, before the snapshot is there under its name; null: nothing.
    /// </summary>
    public Action? BeforeEach { get; init; }

    private static IEnumerable<SweepChunk> Then(IEnumerable<SweepChunk> chunks, Action? done)
    {
        foreach (var chunk in chunks)
        {
            yield return chunk;
        }

        done?.Invoke();
    }

    private async Task WriteAsync(FoldedState state, CancellationToken cancel)
    {
        try
        {
            var started = Stopwatch.GetTimestamp();
            var bytes = await state.CopyAsync((head, chunks) => _history.Write(head, Then(chunks, BeforeEach), state.Features.NewDigest(), TimeProvider.System.GetUtcNow()), goesFirst: true, cancel);
            var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
            _lastSuccess.SetToCurrentTimeUtc();
            _lastSeconds.Set(seconds);
            _lastBytes.Set(bytes);
            _logger.SnapshotWritten(bytes, seconds);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A full disk must not stop decisions: the older snapshots stay, and a restart folds a
            // little more.
            _failures.Inc();
            _logger.SnapshotNotWritten(e.Message);
        }
    }
}
