using System.Runtime.CompilerServices;
using Confluent.Kafka;
using StreamScoring.Contracts;
using StreamScoring.KafkaClients;

namespace StreamScoring.Client;

/// <summary>
/// Reads decisions, each payment's once: it keeps the highest position seen of each payments log
/// and drops what is not above it. With a group, a commit stores that map beside the offset, so
/// that it outlives the reader and goes to another member with the partition.
/// </summary>
/// <remarks>
/// A decision is dealt with when the next one is asked for; only then is it committed. A reader
/// that is killed reads again what it had not committed; one that hands a partition over to another
/// member, or is disposed, commits first. One enumeration at a time.
/// </remarks>
public sealed class DecisionReader : IAsyncDisposable
{
    /// <summary>
    /// Named where there is no group, because the client wants a name; nothing is stored under it.
    /// </summary>
    private const string NoGroup = "scoring-decisions";

    /// <summary>How long a decision waits for the answer whether its payment is there.</summary>
    private static readonly TimeSpan EndPatience = TimeSpan.FromSeconds(2);

    private readonly DecisionReaderOptions _options;
    private readonly TopicConsumer _consumer;
    private readonly SourceEnds _sources;
    private readonly DecisionSchemas _schemas;
    private readonly Dictionary<int, PartitionProgress> _progress = [];
    private readonly string _topic;
    private TopicEnds? _ends;

    /// <summary>
    /// A record that nobody has looked at yet: reading may have been cancelled while its schema was
    /// looked up.
    /// </summary>
    private ConsumeResult<byte[]?, byte[]?>? _fetched;
    private ReadDecision? _inHand;
    private bool _inHandIsInLog;
    private long _committedAt = TimeProvider.System.GetTimestamp();
    private int _isReading;

    private DecisionReader(ScoringRegion region, DecisionReaderOptions options)
    {
        (_topic, _options) = (region.Decisions, options);
        _consumer = new TopicConsumer(
            region.Kafka, options.Group ?? NoGroup, options.ReadCommitted, options.FetchWaitMax, options.SessionTimeout, options.Notice,
            builder => builder
                .SetPartitionsAssignedHandler((_, partitions) => OnAssigned(partitions))
                .SetPartitionsRevokedHandler((_, partitions) => OnRevoked(partitions))
                .SetPartitionsLostHandler((_, partitions) => OnLost(partitions)));
        _schemas = new DecisionSchemas(region, options.FetchWaitMax, options.Notice);
        _sources = new SourceEnds(region, partition => _consumer.Client.WatermarksOf(partition, EndPatience).High.Value, () => _consumer.TopicIdOf(region.Payments, EndPatience));
    }

    /// <summary>Decisions that were read before and came again.</summary>
    public long Repeated { get; private set; }

    /// <summary>Records that are no decision. They were skipped.</summary>
    public long Poison { get; private set; }

    /// <summary>
    /// Decisions on positions that their payments log does not have. They were given out, and say
    /// nothing about which others are repeats.
    /// </summary>
    public long Unbacked { get; private set; }

    /// <summary>Partitions of the decisions topic that this reader has now.</summary>
    public IReadOnlyCollection<int> Partitions
    {
        get
        {
            lock (_progress)
            {
                return [.. _progress.Keys];
            }
        }
    }

    /// <summary>
    /// Opens a reader. Where it starts is settled when this ends; a member of a group is given its
    /// partitions while it reads.
    /// </summary>
    /// <exception cref="ArgumentException">The options contradict each other.</exception>
    /// <exception cref="ReadFailedException">The topic is missing, or the brokers do not
    /// answer.</exception>
    public static async Task<DecisionReader> OpenAsync(ScoringRegion region, DecisionReaderOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(region);
        options ??= new DecisionReaderOptions();
        var isMember = options.Group is not null && options.Partitions is null;
        if (isMember && !options.Follow)
        {
            throw new ArgumentException("a member of a group reads on until it leaves; name partitions, or no group, to end at the end of the topic", nameof(options));
        }

        var reader = new DecisionReader(region, options);
        try
        {
            await reader._consumer.RunAsync(() =>
            {
                if (isMember)
                {
                    reader._consumer.Client.Subscribe(reader._topic);
                }
                else
                {
                    reader.Assign();
                }

                return true;
            });
            return reader;
        }
        catch
        {
            await reader._consumer.DisposeAsync();
            throw;
        }
    }

    /// <summary>
    /// The decisions, in order within each payments log. Ends only where the options do not follow.
    /// </summary>
    /// <exception cref="OperationCanceledException">It was cancelled; reading may start
    /// again.</exception>
    /// <exception cref="ReadFailedException">The topic cannot be read.</exception>
    /// <exception cref="InvalidOperationException">Another enumeration of this reader is
    /// running.</exception>
    public async IAsyncEnumerable<ReadDecision> ReadAsync([EnumeratorCancellation] CancellationToken cancel = default)
    {
        if (Interlocked.Exchange(ref _isReading, 1) == 1)
        {
            throw new InvalidOperationException("a DecisionReader is enumerated by one reader at a time");
        }

        try
        {
            while (true)
            {
                FinishInHand();
                CommitIfDue();
                if (_ends is { AreReached: true })
                {
                    yield break;
                }

                var result = _fetched ??= await _consumer.NextAsync(CommitIfDue, cancel);
                await _schemas.LookUpAsync(result.Message?.Value, cancel);
                _fetched = null;
                if (Take(result) is { } decision)
                {
                    _inHandIsInLog = await IsInLogAsync(decision);
                    _inHand = decision;
                    yield return decision;
                }
            }
        }
        finally
        {
            Volatile.Write(ref _isReading, 0);
        }
    }

    /// <summary>
    /// Commits every decision that was read, the one in hand included. Call it from the loop that
    /// reads.
    /// </summary>
    /// <exception cref="InvalidOperationException">There is no group to commit to.</exception>
    /// <exception cref="ReadFailedException">The brokers refused, or do not answer; the decisions
    /// are read again after a restart.</exception>
    public async Task CommitAsync()
    {
        if (_options.Group is null)
        {
            throw new InvalidOperationException("a DecisionReader without a group has nowhere to commit to");
        }

        FinishInHand();
        await _consumer.RunAsync(() =>
        {
            Commit(_progress.Keys);
            return true;
        });
    }

    /// <summary>
    /// Commits what was dealt with, unless commits are the caller's, and leaves the group. An
    /// enumeration that waits fails with <see cref="ObjectDisposedException"/>.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        await _consumer.CloseAsync(() => CommitDealtWith(_progress.Keys));
        await _schemas.DisposeAsync();
    }

    private void Assign()
    {
        var partitions = _consumer.PartitionsOf(_topic);
        if (_options.Partitions is { } wanted)
        {
            var missing = wanted.Where(partition => partitions.All(there => there.Partition.Value != partition)).ToList();
            partitions = missing.Count == 0 ? [.. wanted.Distinct().Select(partition => new TopicPartition(_topic, partition))]
                : throw new KafkaException(new Error(ErrorCode.Local_UnknownPartition, $"topic {_topic} has {partitions.Count} partitions, and no {string.Join(", ", missing)}"));
        }

        var starts = StartProgress(partitions);
        if (!_options.Follow)
        {
            _ends = new TopicEnds(starts);
        }

        _consumer.Client.Assign(starts.Select(start => new TopicPartitionOffset(start.Partition, start.Offset)));
    }

    /// <summary>
    /// Takes up partitions where the group left them, with what it had seen there; where it has
    /// stored nothing, at the start that was asked for.
    /// </summary>
    private List<PartitionStart> StartProgress(IReadOnlyCollection<TopicPartition> partitions)
    {
        var commits = _options.Group is null ? [] : GroupCommits.Read(_consumer.Client.Handle, partitions, TopicConsumer.Patience).ToDictionary(commit => commit.Partition);
        // Asking for a partition's ends takes a request each: only where they are needed.
        var starts = _consumer.StartsOf([.. partitions.Where(partition => !_options.Follow || !commits.ContainsKey(partition.Partition.Value))], _options.From)
            .ToDictionary(start => start.Partition.Partition.Value);
        lock (_progress)
        {
            foreach (var partition in partitions)
            {
                var number = partition.Partition.Value;
                if (commits.TryGetValue(number, out var commit))
                {
                    _progress[number] = new PartitionProgress(SourcePositions.FromMetadata(commit.Metadata), commit.Offset, isCommitted: true);
                    starts[number] = new PartitionStart(partition, commit.Offset, starts.TryGetValue(number, out var start) ? start.End : commit.Offset);
                }
                else
                {
                    _progress[number] = new PartitionProgress(new SourcePositions(), starts[number].Offset, isCommitted: false);
                }
            }
        }

        return [.. starts.Values];
    }

    private List<TopicPartitionOffset> OnAssigned(IReadOnlyCollection<TopicPartition> partitions) =>
        StartProgress(partitions).ConvertAll(start => new TopicPartitionOffset(start.Partition, start.Offset));

    /// <summary>
    /// The partitions' next owner starts at what is committed here. It is called while the next
    /// decision is asked for, so none is in hand.
    /// </summary>
    private void OnRevoked(List<TopicPartitionOffset> partitions)
    {
        CommitDealtWith([.. partitions.Select(partition => partition.Partition.Value)]);
        OnLost(partitions);
    }

    private void OnLost(List<TopicPartitionOffset> partitions)
    {
        lock (_progress)
        {
            foreach (var partition in partitions)
            {
                _progress.Remove(partition.Partition.Value);
            }
        }
    }

    private ReadDecision? Take(ConsumeResult<byte[]?, byte[]?> result)
    {
        var partition = result.Partition.Value;
        _ends?.See(result);
        if (result.IsPartitionEOF || !_progress.TryGetValue(partition, out var progress))
        {
            return null;
        }

        if (!DecisionParser.TryParse(result, _schemas.Find, out var decision, out var poison))
        {
            Poison++;
            _options.Notice?.Invoke($"{_topic}/{partition}/{result.Offset.Value} is no decision and was skipped: {poison}");
        }
        else
        {
            // A repeat may carry the vector of a batch whose other decisions are none.
            var (receivedAtMs, decidedAtMs) = (decision.Record.ReceivedAtMs, decision.Record.DecidedAtMs);
            if (result.Message.Headers.TryGetLastBytes(RecordHeaders.Vector, out var vector) && vector is not null)
            {
                progress.Vectors.Note(receivedAtMs, decidedAtMs, vector);
            }

            if (!progress.Seen.IsRepeated(decision.Source, decision.SourceTopicId))
            {
                return decision with { Vector = progress.Vectors.Of(receivedAtMs, decidedAtMs) };
            }

            Repeated++;
        }

        progress.Advance(result.Offset.Value + 1);
        return null;
    }

    /// <summary>
    /// The brokers are asked on the consumer's thread, and only where a position jumps.
    /// </summary>
    private async ValueTask<bool> IsInLogAsync(ReadDecision decision)
    {
        var highest = _progress.TryGetValue(decision.Partition, out var progress) ? progress.Seen.Highest(decision.Source, decision.SourceTopicId) : -1;
        if (decision.Source.Offset <= highest + SourceEnds.JumpMax || await _consumer.RunAsync(() => _sources.IsInLog(decision.Source, decision.SourceTopicId, highest)))
        {
            return true;
        }

        Unbacked++;
        _options.Notice?.Invoke($"{_topic}/{decision.Partition}/{decision.Offset} is a decision on {decision.Source}, which is behind the end of its log");
        return false;
    }

    private void FinishInHand()
    {
        if (_inHand is { } decision && _progress.TryGetValue(decision.Partition, out var progress))
        {
            if (_inHandIsInLog)
            {
                progress.Seen.Advance(decision.Source, decision.SourceTopicId);
            }

            progress.Advance(decision.Offset + 1);
        }

        _inHand = null;
    }

    private void CommitIfDue()
    {
        if (_options.CommitInterval is { } interval && _options.Group is not null && TimeProvider.System.GetElapsedTime(_committedAt) >= interval)
        {
            CommitDealtWith(_progress.Keys);
        }
    }

    /// <summary>
    /// A commit that fails is made again later; until then a restart reads again what it holds.
    /// </summary>
    private void CommitDealtWith(IReadOnlyCollection<int> partitions)
    {
        if (_options.Group is null || _options.CommitInterval is null)
        {
            return;
        }

        try
        {
            Commit(partitions);
        }
        catch (KafkaException e)
        {
            _options.Notice?.Invoke($"{_topic}: positions could not be committed: {e.Error.Reason}");
        }
    }

    private void Commit(IReadOnlyCollection<int> partitions)
    {
        _committedAt = TimeProvider.System.GetTimestamp();
        var dirty = partitions.Where(partition => _progress.TryGetValue(partition, out var progress) && progress.IsDirty).ToList();
        if (dirty.Count == 0)
        {
            return;
        }

        GroupCommits.Commit(_consumer.Client.Handle, [.. dirty.Select(partition => new GroupCommit(_topic, partition, _progress[partition].Next, _progress[partition].Seen.ToMetadata()))]);
        foreach (var partition in dirty)
        {
            _progress[partition].Committed();
        }
    }
}
