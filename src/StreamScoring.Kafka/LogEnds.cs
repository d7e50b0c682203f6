using Confluent.Kafka;
using Confluent.Kafka.Admin;
using StreamScoring.Regions;

namespace StreamScoring.Kafka;

/// <summary>
/// Asks the brokers every second for the ends of logs. Once all that was there when one was asked for is taken, the log is known to be whole until
/// then. By one thread.
/// </summary>
internal sealed class LogEnds : IDisposable
{
    private static readonly TimeSpan AskInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan AskPatience = TimeSpan.FromSeconds(2);

    private readonly IAdminClient _admin;
    private readonly IReadOnlyList<int> _read;
    private readonly LogCoverage _coverage;
    private readonly Dictionary<int, (long End, long AskedAtMs)> _asked = [];
    private Task _asking = Task.CompletedTask;
    private long _askedAt;

    /// <param name="read">The logs, by index.</param>
    public LogEnds(KafkaConnection connection, IReadOnlyList<int> read, LogCoverage coverage)
    {
        (_read, _coverage) = (read, coverage);
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
                if (_asked.TryGetValue(reader.LogIndex, out var end) && reader.NextOffset >= end.End)
                {
                    _coverage.Covered(reader.LogIndex, end.AskedAtMs);
                }
            }
        }

        if (_asking.IsCompleted && TimeProvider.System.GetElapsedTime(_askedAt) >= AskInterval)
        {
            _askedAt = TimeProvider.System.GetTimestamp();
            _asking = AskAsync();
        }
    }

    public void Dispose()
    {
        // It ends within its patience, and must not find the client gone.
        _asking.Wait();
        _admin.Dispose();
    }

    private async Task AskAsync()
    {
        try
        {
            var now = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
            var answer = await _admin.ListOffsetsAsync(
                _read.Select(logIndex => new TopicPartitionOffsetSpec
                {
                    TopicPartition = new TopicPartition(_coverage.Logs[logIndex].Topic, _coverage.Logs[logIndex].Partition),
                    OffsetSpec = OffsetSpec.Latest(),
                }),
                new ListOffsetsOptions { RequestTimeout = AskPatience });
            lock (_asked)
            {
                // A broker that does not answer in time is no error to the client: the offset just stays unset.
                foreach (var end in answer.ResultInfos.Select(info => info.TopicPartitionOffsetError).Where(end => !end.Error.IsError && end.Offset != Offset.Unset))
                {
                    var logIndex = _read.First(logIndex => _coverage.Logs[logIndex].Topic == end.Topic && _coverage.Logs[logIndex].Partition == end.Partition.Value);
                    _asked[logIndex] = (end.Offset.Value, now);
                }
            }
        }
        catch (Exception e) when (e is KafkaException or ListOffsetsException)
        {
            // Not told: then it is not known to be whole.
        }
    }
}
