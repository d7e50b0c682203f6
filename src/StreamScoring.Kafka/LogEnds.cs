using Confluent.Kafka;
using Confluent.Kafka.Admin;
using StreamScoring.Regions;

namespace StreamScoring.Kafka;

/// <summary>
/// Looks every second how logs stand: asks the brokers for their ends, apart from whoever reads
/// them. Once all that was there when one was asked for is taken, the log is known to be whole
/// until then. By one thread.
/// </summary>
internal sealed class LogEnds : IDisposable
{
    private static readonly TimeSpan AskInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan AskPatience = TimeSpan.FromSeconds(2);

    private readonly IAdminClient _admin;
    private readonly LogHealth _health;
    private readonly PartitionOwnership _ownership;
    private readonly LogCoverage? _coverage;
    private readonly Dictionary<int, (long End, long AskedAtMs)> _asked = [];
    private readonly Dictionary<int, long> _positions = [];
    private Task _asking = Task.CompletedTask;
    private long _askedAt;

    /// <param name="health">Told how the logs stand.</param>
    /// <param name="coverage">Told how far they are whole; null where their ends do not tell
    /// that.</param>
    public LogEnds(KafkaConnection connection, LogHealth health, PartitionOwnership ownership, LogCoverage? coverage)
    {
        (_health, _ownership, _coverage) = (health, ownership, coverage);
        _admin = new AdminClientBuilder(connection.Settings()).SetLogHandler((_, _) => { }).SetErrorHandler((_, _) => { }).Build();
    }

    /// <summary>Asks where it is time to, and tells what is known by now.</summary>
    public void Look(IReadOnlyList<KafkaLogReader> readers)
    {
        lock (_asked)
        {
            foreach (var reader in readers)
            {
                // Nothing came of it since, or all that did was taken: so all that was there when it was asked is known.
                if (_coverage is not null && _asked.TryGetValue(reader.LogIndex, out var end) && reader.NextOffset >= end.End)
                {
                    _coverage.Covered(reader.LogIndex, end.AskedAtMs);
                }
            }
        }

        if (_asking.IsCompleted && TimeProvider.System.GetElapsedTime(_askedAt) >= AskInterval)
        {
            _askedAt = TimeProvider.System.GetTimestamp();
            _asking = AskAsync([.. readers.Select(reader => (reader.LogIndex,
                new LogObservation(
                    reader.NextOffset, reader.QueuedRecords, _ownership.DecideFrom(reader.LogIndex), End: -1,
                    AcknowledgedThrough: _ownership.AcknowledgedThrough(reader.LogIndex), IsDrained: _ownership.IsDrained(reader.LogIndex))))]);
        }
    }

    public void Dispose()
    {
        // It ends within its patience, and must not find the client gone.
        _asking.Wait();
        _admin.Dispose();
    }

    private async Task AskAsync(IReadOnlyList<(int LogIndex, LogObservation Seen)> looks)
    {
        try
        {
            var now = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
            var logIndices = looks.Select(look => look.LogIndex).ToList();
            var ends = await OffsetsAsync(logIndices, OffsetSpec.Latest(), IsolationLevel.ReadUncommitted);
            lock (_asked)
            {
                foreach (var (logIndex, end) in ends)
                {
                    _asked[logIndex] = (end, now);
                }
            }

            // Why a log does not move is asked only then.
            var still = looks.Where(look => IsStill(look.LogIndex, look.Seen, ends)).Select(look => look.LogIndex).ToList();
            var starts = await OffsetsAsync(still, OffsetSpec.Earliest(), IsolationLevel.ReadUncommitted);
            var committed = await OffsetsAsync(still, OffsetSpec.Latest(), IsolationLevel.ReadCommitted);
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
        catch (KafkaException)
        {
            // Not told: then it is not known to be whole, and after a while that is a failure of
            // its own.
        }
    }

    private bool IsStill(int logIndex, LogObservation seen, Dictionary<int, long> ends) =>
        seen.QueuedCount == 0 && ends.TryGetValue(logIndex, out var end) && seen.Position < end && _positions.GetValueOrDefault(logIndex, -1) == seen.Position;

    /// <returns>By log, those that were told. A broker that does not answer in time is no error to
    /// the client: the offset just stays unset.</returns>
    private async Task<Dictionary<int, long>> OffsetsAsync(List<int> logIndices, OffsetSpec spec, IsolationLevel isolation)
    {
        if (logIndices.Count == 0)
        {
            return [];
        }

        List<ListOffsetsResultInfo> answer;
        try
        {
            answer = (await _admin.ListOffsetsAsync(
                logIndices.Select(logIndex => new TopicPartitionOffsetSpec
                {
                    TopicPartition = new TopicPartition(_health.Logs[logIndex].Topic, _health.Logs[logIndex].Partition),
                    OffsetSpec = spec,
                }),
                new ListOffsetsOptions { RequestTimeout = AskPatience, IsolationLevel = isolation }).InTime(AskPatience)).ResultInfos;
        }
        catch (ListOffsetsException e)
        {
            // Some were told: a partition without a leader says nothing of the others.
            answer = e.Result.ResultInfos;
        }

        var byLog = answer.Select(info => info.TopicPartitionOffsetError).Where(end => !end.Error.IsError && end.Offset != Offset.Unset)
            .ToDictionary(end => (end.Topic, end.Partition.Value), end => end.Offset.Value);
        return logIndices.Select(logIndex => (logIndex, Offset: byLog.GetValueOrDefault((_health.Logs[logIndex].Topic, _health.Logs[logIndex].Partition), -1)))
            .Where(found => found.Offset >= 0).ToDictionary(found => found.logIndex, found => found.Offset);
    }
}
