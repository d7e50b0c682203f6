using Confluent.Kafka;
using Microsoft.Extensions.Logging;
using StreamScoring.KafkaClients.Native;
using StreamScoring.Logs;

namespace StreamScoring.Kafka;

/// <summary>
/// Reads what is folded of another region, from its brokers or from a mirror of its topics, by a
/// client and on a thread of its own. It is tried for as long as it takes, and no failure of it
/// ever ends the process: its region only becomes stale.
/// </summary>
internal sealed class FollowedRegion : IDisposable
{
    private static readonly TimeSpan ServeInterval = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan OpenPatience = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan OpenPause = TimeSpan.FromSeconds(2);

    private readonly string _region;
    private readonly KafkaConnection _connection;
    private readonly KafkaLogSourceOptions _options;
    private readonly LogTable _logs;
    private readonly List<int> _read;
    private readonly PartitionOwnership _ownership;
    private readonly RecordLosses _losses;
    private readonly ILogger _logger;
    private readonly Action _opened;
    private readonly ReportedErrors _errors;
    private readonly Thread _thread;
    private readonly ManualResetEventSlim _stopping = new();
    private volatile KafkaLogClient? _client;
    private volatile IReadOnlyList<KafkaLogReader> _readers = [];
    private volatile bool _hasTried;
    private Action _wake = () => { };

    /// <param name="region">Whose events these are.</param>
    /// <param name="connection">Where they are read.</param>
    /// <param name="opened">Called once its logs are being read.</param>
    public FollowedRegion(
        string region, KafkaConnection connection, KafkaLogSourceOptions options, LogTable logs, PartitionOwnership ownership, RecordLosses losses, ILogger logger, Action opened)
    {
        (_region, _connection, _options, _logs, _ownership, _losses, _logger, _opened) = (region, connection, options, logs, ownership, losses, logger, opened);
        _read = [.. Enumerable.Range(0, logs.Count).Where(logIndex => logs.FollowedRegionOf(logIndex) == region && logs[logIndex].Region == connection.Region)];
        _errors = new ReportedErrors($"region {region}, {connection}", _read, options.Health, failed: null);
        _thread = new Thread(Run) { IsBackground = true, Name = $"kafka follows {region}" };
    }

    /// <summary>True once it was reached, or was found not to be.</summary>
    public bool HasTried => _hasTried;

    /// <summary>None while it was not reached yet.</summary>
    public IReadOnlyList<KafkaLogReader> Readers => _readers;

    /// <param name="wake">To be called when something was fetched.</param>
    public void Start(Action wake)
    {
        _wake = wake;
        _read.ForEach(logIndex => _options.Health.Reads(logIndex, _options.Folded.Count > 0 ? _options.Folded[logIndex] : 0));
        _thread.Start();
    }

    /// <summary>Nobody may use the readers any more.</summary>
    public void Dispose()
    {
        _stopping.Set();
        if (_thread.IsAlive)
        {
            _thread.Join();
        }

        _client?.Dispose();
        _client = null;
        _stopping.Dispose();
    }

    private void Run()
    {
        var isLate = false;
        while (!_stopping.IsSet)
        {
            try
            {
                Open();
                if (isLate)
                {
                    _logger.RegionIsFollowedAgain(_region);
                }

                Follow();
                return;
            }
            catch (Exception e) when (e is KafkaFailedException or KafkaException)
            {
                (_hasTried, isLate) = (true, true);
                _options.Health.Report($"region {_region} is not followed", _read, e.Message);
                _stopping.Wait(OpenPause);
            }
        }
    }

    private void Open()
    {
        if (_client is null)
        {
            _client = new KafkaLogClient(_connection, "scoring-follow", _options, _logs, _wake, _errors.Report);
            _client.Prepare(_read, (client, queue, logIndex) => new KafkaLogReader(
                client, queue, logIndex, _options, _ownership, _losses, _errors.Report));
        }

        _readers = _client.Open(LogStarts.Find(_client, _connection, _logs, _read, _options.Folded, decideFrom: _ => PartitionOwnership.NotOwned, OpenPatience));
        _hasTried = true;
        _opened();
    }

    private void Follow()
    {
        using var ends = new LogEnds(
            _connection, _options.Health, _ownership,
            // The end of a mirror says how far the mirror is, not how far the region is: there only
            // records tell.
            _connection.Region == _region ? _options.Coverage : null);
        var lost = new LostReaders(_client!, (reader, _) => _errors.Report(_logs[reader.LogIndex], Librdkafka.OffsetOutOfRange), _wake);
        while (!_stopping.IsSet)
        {
            _client!.ServeEvents(ServeInterval);
            ends.Look(Readers);
            lost.Look(Readers);
        }
    }
}
