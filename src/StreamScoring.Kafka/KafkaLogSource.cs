using Confluent.Kafka;
using Microsoft.Extensions.Logging;
using StreamScoring.Ingest;
using StreamScoring.Logs;

namespace StreamScoring.Kafka;

/// <summary>
/// The port on a region's Kafka. One client reads all of the region's logs, owned and followed
/// alike, each through a queue of its own and from its beginning; a second one is a member of the
/// consumer group and says which partitions are owned. So owning is a flag on a log that is read
/// anyway. Every other region has a client of its own (<see cref="FollowedRegion"/>). Thread by
/// thread: librdkafka fetches; the graph's stage takes; one thread here serves the client's events,
/// and <see cref="GroupMembership"/> has another.
/// </summary>
public sealed class KafkaLogSource : ILogSource
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(100);

    /// <summary>Longer than a partition takes to get a new leader.</summary>
    private static readonly TimeSpan RangePatience = TimeSpan.FromSeconds(30);

    private readonly KafkaConnection _connection;
    private readonly KafkaLogSourceOptions _options;
    private readonly PartitionOwnership _ownership;
    private readonly GroupMembership? _membership;
    private readonly DecidedTail _tail;
    private readonly RecordLosses _losses;
    private readonly Thread _thread;
    private readonly List<FollowedRegion> _followed;
    private readonly Lock _readersLock = new();
    private volatile List<ILogReader> _readers = [];
    private volatile KafkaLogClient? _client;
    private IReadOnlyList<KafkaLogReader> _ownReaders = [];
    private bool _isOpen;
    private Action _wake = () => { };
    private Action<Exception> _failed = _ => { };
    private (long Position, long At) _moved = (-1, 0);
    private int _hasFailed;
    private volatile bool _isStopping;

    /// <param name="logs">All logs that are read: the region's payments and labels.</param>
    /// <param name="logger">Told what operators should know: an outage, a rebalance.</param>
    public KafkaLogSource(KafkaConnection connection, KafkaLogSourceOptions options, LogTable logs, ILogger logger)
    {
        (_connection, _options, Logs) = (connection, options, logs);
        _ownership = new PartitionOwnership(logs);
        _losses = new RecordLosses(options.Positions, logger);
        _tail = new DecidedTail(connection, options, logger);
        if (options.Group is { } group)
        {
            _membership = new GroupMembership(connection, options.Payments, group, logs, _ownership, _tail, options.Health, OnOwned, logger);
        }

        _followed = [.. Enumerable.Range(0, logs.Count).Where(logIndex => logs.FollowedRegionOf(logIndex) is not null)
            .Select(logIndex => (Followed: logs.FollowedRegionOf(logIndex)!, At: logs[logIndex].Region)).Distinct()
            .Select(region => new FollowedRegion(region.Followed, options.Followed[region.At], options, logs, _ownership, _losses, logger, JoinReaders))];
        _thread = new Thread(ServeEvents) { IsBackground = true, Name = $"kafka {connection.Region}" };
    }

    public LogTable Logs { get; }

    /// <summary>How the logs stand.</summary>
    public LogHealth Health => _options.Health;

    public IReadOnlyList<ILogReader> Readers => _readers;

    public bool IsCompleted => _options.Range is not null && _readers is { Count: > 0 } readers && readers.TrueForAll(reader => reader.IsAtEnd);

    /// <summary>True once logs are being read and it is known what this process owns.</summary>
    public bool IsReady => _readers.Count > 0;

    /// <summary>Logs that this process owns now.</summary>
    public IEnumerable<LogId> Owned => Enumerable.Range(0, Logs.Count).Where(_ownership.IsOwned).Select(logIndex => Logs[logIndex]);

    public void Start(Action wake, Action<Exception> failed)
    {
        (_wake, _failed) = (wake, failed);
        _followed.ForEach(region => region.Start(wake));
        _thread.Start();
    }

    /// <summary>
    /// As which member of the group this process may write now; null where it is none.
    /// </summary>
    internal IConsumerGroupMetadata? Membership => _membership?.Metadata;

    /// <summary>
    /// Whether decisions on what was taken of the log may still be written. To be asked behind
    /// <see cref="Membership"/>.
    /// </summary>
    internal bool MayWrite(int logIndex) => _ownership.MayWrite(logIndex);

    public void Acknowledged(int logIndex, long nextOffset, int count) => _ownership.Acknowledged(logIndex, nextOffset, count);

    public void Dispose()
    {
        _isStopping = true;
        if (_thread.IsAlive)
        {
            _thread.Join();
        }

        _membership?.Dispose();
        _tail.Dispose();
        _readers = [];
        _followed.ForEach(region => region.Dispose());
        _client?.Dispose();
        _client = null;
    }

    private void ServeEvents()
    {
        try
        {
            // Known before the first record is taken, so that a process that owns all reads each
            // log once and in one order.
            var owned = _membership?.JoinAndWait(_options.StartTimeout, () => _isStopping) ?? OwnAll();
            if (_isStopping)
            {
                return;
            }

            Open(owned);
            using var ends = new LogEnds(
                _connection, _options.Health, _ownership,
                // Where no other region is followed, nobody asks how far the own logs are whole.
                Logs.FollowedRegions.Count > 0 ? _options.Coverage : null);
            var lost = new LostReaders(_client!, IsBeyond, _wake);
            while (!_isStopping)
            {
                if (_membership?.Failure is { } failure)
                {
                    throw failure;
                }

                _client!.ServeEvents(PollInterval);
                ends.Look(_ownReaders);
                lost.Look(_ownReaders);
                SayWhatIsHeld();
                RequireThatItMoves();
            }
        }
        catch (Exception e)
        {
            Fail(e);
        }
    }

    private void SayWhatIsHeld()
    {
        var held = _ownReaders.Where(reader => reader.IsHeld).Select(reader => reader.LogIndex).ToList();
        var need = held.Select(_ownership.NeedOf).FirstOrDefault(need => need is not null);
        Health.Undecided("policy", [.. held.Select(logIndex => Logs[logIndex])], need is not var (policyLog, next) ? ""
            : $"{Logs[policyLog]} is not read up to offset {next} yet, and nothing is decided by an older policy than was in force");
    }

    /// <summary>
    /// Whoever reads a range waits for its end, and must not wait for ever for brokers that are
    /// gone.
    /// </summary>
    private void RequireThatItMoves()
    {
        if (_options.Range is not { } range)
        {
            return;
        }

        var readers = _ownReaders.Concat(_followed.SelectMany(region => region.Readers)).ToList();
        var position = readers.Sum(reader => reader.NextOffset);
        if (position != _moved.Position)
        {
            _moved = (position, TimeProvider.System.GetTimestamp());
        }
        else if (TimeProvider.System.GetElapsedTime(_moved.At) > RangePatience
            && readers.Find(reader => reader.NextOffset < range.End[reader.LogIndex] && reader.QueuedRecords == 0) is { } still)
        {
            throw new KafkaFailedException($"{_connection}: nothing came of {Logs[still.LogIndex]} from offset {still.NextOffset} on for {RangePatience.TotalSeconds:0} s; is the broker up?");
        }
    }

    private List<int> OwnAll()
    {
        var partitions = Enumerable.Range(0, Logs.PartitionCount).ToList();
        if (_options.Range is { } range)
        {
            foreach (var logIndex in Enumerable.Range(0, Logs.Count).Where(logIndex => Logs.OwnedWith(logIndex) >= 0))
            {
                _ownership.Own(logIndex, range.Start[logIndex]);
            }

            return partitions;
        }

        foreach (var (logIndex, decideFrom, needs) in _tail.DecideFrom(partitions, Logs, isStopping: () => _isStopping))
        {
            _ownership.Own(logIndex, decideFrom, needs);
        }

        return partitions;
    }

    private void Open(IReadOnlyCollection<int> owned)
    {
        var read = Enumerable.Range(0, Logs.Count)
            .Where(logIndex => Logs.FollowedRegionOf(logIndex) is null
                && (_options.FollowsRegion || Logs.KindOf(logIndex) != LogKind.Payments || owned.Contains(Logs[logIndex].Partition)))
            .ToList();
        read.ForEach(_options.Coverage.Reads);
        read.ForEach(logIndex => _options.Health.Reads(logIndex, FoldedOf(logIndex)));
        var errors = new ReportedErrors($"{_connection}", read, _options.Health, Fail);
        _client = new KafkaLogClient(_connection, (_options.Group?.Name ?? "scoring") + "-data", _options, Logs, _wake, errors.Report);
        _client.Prepare(read, (client, queue, logIndex) => new KafkaLogReader(client, queue, logIndex, _options, _ownership, _losses, errors.Report));
        _ownReaders = _client.Open(LogStarts.Find(_client, _connection, Logs, read, _options.Folded, _ownership.DecideFrom, _options.StartTimeout));
        var waited = TimeProvider.System.GetTimestamp();
        SpinWait.SpinUntil(() => _isStopping || _followed.TrueForAll(region => region.HasTried) || TimeProvider.System.GetElapsedTime(waited) > _options.FollowedStartWait);
        if (_options.Range is not null && !_isStopping && _followed.Exists(region => region.Readers.Count == 0))
        {
            throw new KafkaFailedException($"{_connection}: a region that the topology follows is not reached, and without its payments features are others (followRegions)");
        }

        lock (_readersLock)
        {
            _isOpen = true;
        }

        JoinReaders();
    }

    private long FoldedOf(int logIndex) => _options.Folded.Count > 0 ? _options.Folded[logIndex] : 0;

    /// <summary>
    /// The readers are those of the process's own region, once these are known, and of all others
    /// that could be reached by now.
    /// </summary>
    private void JoinReaders()
    {
        lock (_readersLock)
        {
            if (_isOpen)
            {
                _readers = [.. _ownReaders.Concat(_followed.SelectMany(region => region.Readers)).OrderBy(reader => reader.LogIndex)];
            }
        }

        _wake();
    }

    /// <summary>
    /// A log became owned: its reader sees that by itself. One that nobody reads (others are not
    /// followed) needs a new start.
    /// </summary>
    private void OnOwned(int logIndex)
    {
        if (_readers.Count > 0 && !_readers.Exists(reader => reader.LogIndex == logIndex))
        {
            Fail(new OwnershipMovedException(Logs[logIndex]));
        }

        _wake();
    }

    private void IsBeyond(KafkaLogReader reader, long end) => throw new TopicMadeAnewException(
        $"{Logs[reader.LogIndex]} ends at offset {end}, and was read up to {reader.NextOffset}: it was made anew, or its last records are lost");

    /// <summary>
    /// Several threads may find that the source cannot go on, and the graph is told once.
    /// </summary>
    private void Fail(Exception e)
    {
        if (Interlocked.Exchange(ref _hasFailed, 1) == 0)
        {
            _failed(e);
        }
    }
}
