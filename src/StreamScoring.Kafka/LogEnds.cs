using Confluent.Kafka;
using StreamScoring.Logs;

namespace StreamScoring.Kafka;

/// <summary>
/// Looks every second how logs stand: asks the brokers for their ends, apart from whoever reads
/// them. Once all that was there when one was asked for is taken, the log is known to be whole
/// until then. By one thread.
/// </summary>
internal sealed class LogEnds : IDisposable
{
    private static readonly TimeSpan AskInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly Lazy<EndOffsets> _written;
    private readonly Lazy<EndOffsets> _committed;
    private readonly LogHealth _health;
    private readonly PartitionOwnership _ownership;
    private readonly LogCoverage? _coverage;
    private readonly Dictionary<int, (long End, long AskedAtMs)> _asked = [];
    private readonly Dictionary<int, long> _positions = [];
    private Task _asking = Task.CompletedTask;
    private long _askedAt;
    private volatile bool _isStopping;

    /// <param name="health">Told how the logs stand.</param>
    /// <param name="coverage">Told how far they are whole; null where their ends do not tell
    /// that.</param>
    public LogEnds(KafkaConnection connection, LogHealth health, PartitionOwnership ownership, LogCoverage? coverage)
    {
        (_health, _ownership, _coverage) = (health, ownership, coverage);
        _written = new Lazy<EndOffsets>(() => new EndOffsets(connection, IsolationLevel.ReadUncommitted));
        _committed = new Lazy<EndOffsets>(() => new EndOffsets(connection, IsolationLevel.ReadCommitted));
    }

    /// <summary>Asks where it is time to, and tells what is known by now.</summary>
    public void Look(IReadOnlyList<KafkaLogReader> readers)
    {
        lock (_asked)
        {
            foreach (var reader in readers)
            {
                // Nothing came of it since, or all that did was taken: so all that was there when
                // it was asked is known.
                if (_coverage is not null && _asked.TryGetValue(reader.LogIndex, out var end) && reader.NextOffset >= end.End)
                {
                    _coverage.Covered(reader.LogIndex, end.AskedAtMs);
                }
            }
        }

        if (_asking.IsCompleted && TimeProvider.System.GetElapsedTime(_askedAt) >= AskInterval)
        {
            _askedAt = TimeProvider.System.GetTimestamp();
            // As seen by the thread that may look at the readers.
            var looks = readers.Select(reader => (reader.LogIndex,
                new LogObservation(
                    reader.NextOffset, reader.QueuedRecords, _ownership.DecideFrom(reader.LogIndex), End: -1,
                    AcknowledgedThrough: _ownership.AcknowledgedThrough(reader.LogIndex), IsDrained: _ownership.IsDrained(reader.LogIndex)))).ToList();
            _asking = Task.Run(() => Ask(looks));
        }
    }

    public void Dispose()
    {
        // The question on its way ends within its patience, and must not find its client gone.
        _isStopping = true;
        _asking.Wait();
        foreach (var ends in new[] { _written, _committed }.Where(ends => ends.IsValueCreated))
        {
            ends.Value.Dispose();
        }
    }

    private void Ask(IReadOnlyList<(int LogIndex, LogObservation Seen)> looks)
    {
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
        var ends = OffsetsOf(_written, [.. looks.Select(look => look.LogIndex)], EndOffsets.Last);
        if (_isStopping)
        {
            return;
        }

        lock (_asked)
        {
            foreach (var (logIndex, end) in ends)
            {
                _asked[logIndex] = (end, now);
            }
        }

        // Why a log does not move is asked only then.
        var still = looks.Where(look => IsStill(look.LogIndex, look.Seen, ends)).Select(look => look.LogIndex).ToList();
        var starts = OffsetsOf(_written, still, EndOffsets.First);
        var committed = OffsetsOf(_committed, still, EndOffsets.Last);
        foreach (var (logIndex, seen) in looks)
        {
            _positions[logIndex] = seen.Position;
            _health.Observe(logIndex, seen with
            {
                End = ends.GetValueOrDefault(logIndex, -1),
                Start = starts.GetValueOrDefault(logIndex, -1),
                CommittedEnd = committed.GetValueOrDefault(logIndex, -1),
            });
        }
    }

    private bool IsStill(int logIndex, LogObservation seen, Dictionary<int, long> ends) =>
        seen.QueuedCount == 0 && ends.TryGetValue(logIndex, out var end) && seen.Position < end && _positions.GetValueOrDefault(logIndex, -1) == seen.Position;

    /// <returns>By log, those that were told.</returns>
    private Dictionary<int, long> OffsetsOf(Lazy<EndOffsets> ends, List<int> logIndices, long which)
    {
        var told = logIndices.Count == 0 || _isStopping ? new Dictionary<TopicPartition, long>() : ends.Value.Ask([.. logIndices.Select(PartitionOf)], which, Patience);
        return logIndices.Where(logIndex => told.ContainsKey(PartitionOf(logIndex))).ToDictionary(logIndex => logIndex, logIndex => told[PartitionOf(logIndex)]);
    }

    private TopicPartition PartitionOf(int logIndex) => new(_health.Logs[logIndex].Topic, _health.Logs[logIndex].Partition);
}
