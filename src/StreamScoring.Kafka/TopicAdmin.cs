using System.Globalization;
using Confluent.Kafka;
using Confluent.Kafka.Admin;
using StreamScoring.KafkaClients;

namespace StreamScoring.Kafka;

/// <summary>Makes topics, and says how those that are there differ from what is wanted.</summary>
public sealed class TopicAdmin : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    private static readonly TimeSpan SettingsPatience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Step = TimeSpan.FromSeconds(1);

    private const string MonthMs = "2592000000";

    private readonly KafkaConnection _connection;
    private readonly IReadOnlyList<(string Name, int Partitions)> _wanted;
    private readonly IAdminClient _admin;
    private readonly Func<bool>? _isEmbedded;
    private volatile Error? _refusal;

    /// <param name="wanted">The topics in question, and how many partitions each is to
    /// have.</param>
    public TopicAdmin(KafkaConnection connection, IReadOnlyList<(string Name, int Partitions)> wanted)
    {
        (_connection, _wanted) = (connection, wanted);
        _admin = new AdminClientBuilder(connection.Settings()).SetLogHandler((_, _) => { }).SetErrorHandler((_, error) => NoteRefusal(error)).Build();
    }

    /// <param name="isEmbedded">Says in the brokers' place whether they are the embedded
    /// one.</param>
    internal TopicAdmin(KafkaConnection connection, IReadOnlyList<(string Name, int Partitions)> wanted, Func<bool> isEmbedded)
        : this(connection, wanted) => _isEmbedded = isEmbedded;

    /// <summary>
    /// What is missing or differs, one sentence each; empty where all is as the topology says.
    /// </summary>
    /// <param name="patience">How long to look for a broker.</param>
    /// <exception cref="AccessRefusedException">The brokers do not let this process in.</exception>
    /// <exception cref="KafkaFailedException">No broker answers.</exception>
    public IReadOnlyList<string> Differences(TimeSpan? patience = null)
    {
        var metadata = Metadata(patience ?? Patience);
        var differences = new List<string>();
        foreach (var (name, partitions) in _wanted)
        {
            var topic = metadata.Topics.FirstOrDefault(topic => topic.Topic == name && topic.Error.Code == ErrorCode.NoError);
            if (topic is null)
            {
                differences.Add($"region {_connection.Region}: topic {name} is missing");
            }
            else if (topic.Partitions.Count != partitions)
            {
                differences.Add($"region {_connection.Region}: topic {name} has {topic.Partitions.Count} partitions, the topology says {partitions}");
            }
        }

        return differences;
    }

    /// <summary>
    /// By topic: how many partitions it has now; those that are not there are left out.
    /// </summary>
    /// <inheritdoc cref="Differences"/>
    public IReadOnlyDictionary<string, int> PartitionCounts(TimeSpan patience)
    {
        var metadata = Metadata(patience);
        return metadata.Topics.Where(topic => topic.Error.Code == ErrorCode.NoError && _wanted.Any(wanted => wanted.Name == topic.Topic))
            .ToDictionary(topic => topic.Topic, topic => topic.Partitions.Count);
    }

    /// <summary>Those of the topics that the brokers do not have.</summary>
    /// <exception cref="KafkaFailedException">No broker answers.</exception>
    public IReadOnlyList<string> Missing(params IEnumerable<string> topics)
    {
        var metadata = Metadata(Patience);
        return [.. topics.Where(name => !metadata.Topics.Exists(topic => topic.Topic == name && topic.Error.Code == ErrorCode.NoError))];
    }

    /// <summary>
    /// Makes the topics that are missing, and adds partitions to those that have too few, in the
    /// order in which they are wanted.
    /// </summary>
    /// <param name="replication">Copies of a topic that is made; 0: three, or as many as there are
    /// brokers.</param>
    /// <param name="published">Topics whose records publishers stamp: those get a limit on how far
    /// ahead (<see cref="TimestampLimit"/>).</param>
    /// <param name="compacted">Topics that keep the last record of each key for ever.</param>
    /// <param name="policy">Topics that change the policy: their brokers stamp them, nothing of
    /// them is lost, and of those that are compacted all is kept for a month.</param>
    /// <returns>What was done, a few words each.</returns>
    /// <exception cref="KafkaFailedException">No broker answers, or it refuses.</exception>
    public async Task<IReadOnlyList<string>> CreateMissingAsync(int replication, IReadOnlyCollection<string>? published = null, IReadOnlyCollection<string>? compacted = null, IReadOnlyCollection<string>? policy = null)
    {
        var metadata = Metadata(Patience);
        var copies = (short)(replication > 0 ? replication : Math.Min(3, metadata.Brokers.Count));
        var done = new List<string>();
        try
        {
            foreach (var (name, partitions) in _wanted)
            {
                var topic = metadata.Topics.FirstOrDefault(topic => topic.Topic == name && topic.Error.Code == ErrorCode.NoError);
                if (topic is null)
                {
                    done.Add(await CreateAsync(name, partitions, copies, new TopicKind(published?.Contains(name) == true, compacted?.Contains(name) == true, policy?.Contains(name) == true)));
                }
                else if (topic.Partitions.Count < partitions)
                {
                    await _admin.CreatePartitionsAsync([new PartitionsSpecification { Topic = name, IncreaseTo = partitions }]);
                    done.Add($"{name} ({topic.Partitions.Count} to {partitions} partitions)");
                }
            }

            return done;
        }
        catch (CreateTopicsException e)
        {
            throw new KafkaFailedException($"{_connection}: {string.Join("; ", e.Results.Where(result => result.Error.IsError).Select(result => $"{result.Topic}: {result.Error.Reason}"))}", e);
        }
        catch (CreatePartitionsException e)
        {
            throw new KafkaFailedException($"{_connection}: {string.Join("; ", e.Results.Where(result => result.Error.IsError).Select(result => $"{result.Topic}: {result.Error.Reason}"))}", e);
        }
        catch (KafkaException e)
        {
            throw new KafkaFailedException($"{_connection}: {e.Error.Reason}", e);
        }
    }

    /// <summary>How a topic is made.</summary>
    private readonly record struct TopicKind(bool IsLimited, bool IsCompacted, bool IsPolicy);

    /// <returns>What was done, in a few words.</returns>
    private async Task<string> CreateAsync(string name, int partitions, short copies, TopicKind kind)
    {
        var configs = new Dictionary<string, string>();
        if (copies >= 3)
        {
            configs["min.insync.replicas"] = "2";
        }

        if (kind.IsCompacted)
        {
            configs["cleanup.policy"] = "compact";
        }

        if (kind.IsPolicy)
        {
            configs["message.timestamp.type"] = "LogAppendTime";
            configs["retention.ms"] = "-1";
            if (kind.IsCompacted)
            {
                // As long a decision can be derived again from what the lists held.
                configs["min.compaction.lag.ms"] = MonthMs;
                configs["delete.retention.ms"] = MonthMs;
            }
        }

        if (kind.IsLimited)
        {
            configs[TimestampLimit.Key] = TimestampLimit.AheadMs.ToString(CultureInfo.InvariantCulture);
        }

        try
        {
            await _admin.CreateTopicsAsync([new TopicSpecification { Name = name, NumPartitions = partitions, ReplicationFactor = copies, Configs = configs }]);
            return name;
        }
        catch (CreateTopicsException e) when (kind.IsLimited && e.Results.Exists(result => result.Error.Code == ErrorCode.InvalidConfig))
        {
            // Brokers before 3.6 do not know the setting.
            return $"{await CreateAsync(name, partitions, copies, kind with { IsLimited = false })} (without a limit on timestamps: its brokers know none)";
        }
    }

    /// <summary>What topics allow publishers to stamp, a sentence each.</summary>
    public async Task<IReadOnlyList<string>> TimestampNoticesAsync(params IEnumerable<string> topics)
    {
        var notices = new List<string>();
        foreach (var topic in topics.Distinct(StringComparer.Ordinal))
        {
            // Brokers may let a process read and not look at settings, and the embedded one knows
            // none.
            notices.Add(await SettingsAsync(topic) is { } settings ? TimestampLimit.NoticeOf($"region {_connection.Region}: topic {topic}", settings)
                : $"region {_connection.Region}: topic {topic}: how far ahead records may be stamped is not known, its brokers do not tell");
        }

        return notices;
    }

    /// <summary>Whether topics take records that carry their events' times, as far as their brokers
    /// tell.</summary>
    /// <inheritdoc cref="TimestampLimit.OfEventTimes"/>
    public async Task<(IReadOnlyList<string> Refusals, IReadOnlyList<string> Notices)> EventTimesAsync(IEnumerable<string> topics, long firstMs, long lastMs, long nowMs)
    {
        var (refusals, notices) = (new List<string>(), new List<string>());
        foreach (var topic in topics.Distinct(StringComparer.Ordinal))
        {
            var (refusal, notice) = TimestampLimit.OfEventTimes($"topic {topic}", await SettingsAsync(topic) ?? [], firstMs, lastMs, nowMs);
            refusals.AddRange(refusal is null ? [] : [refusal]);
            notices.AddRange(notice is null ? [] : [notice]);
        }

        return (refusals, notices);
    }

    /// <returns>Null where its brokers do not tell.</returns>
    private async Task<Dictionary<string, string>?> SettingsAsync(string topic)
    {
        try
        {
            var described = await _admin.DescribeConfigsAsync([new ConfigResource { Type = ResourceType.Topic, Name = topic }], new DescribeConfigsOptions { RequestTimeout = SettingsPatience });
            return described[0].Entries.ToDictionary(entry => entry.Key, entry => entry.Value.Value);
        }
        catch (Exception e) when (e is KafkaException or DescribeConfigsException)
        {
            return null;
        }
    }

    /// <summary>Deletes topics; one that is not there is none too many.</summary>
    /// <exception cref="KafkaFailedException">No broker answers, or it refuses.</exception>
    public async Task DeleteAsync(IReadOnlyCollection<string> topics)
    {
        try
        {
            await _admin.DeleteTopicsAsync(topics, new DeleteTopicsOptions { RequestTimeout = Patience });
        }
        catch (DeleteTopicsException e)
        {
            var refused = e.Results.Where(result => result.Error.IsError && result.Error.Code != ErrorCode.UnknownTopicOrPart).ToList();
            if (refused.Count > 0)
            {
                throw new KafkaFailedException($"{_connection}: {string.Join("; ", refused.Select(result => $"{result.Topic}: {result.Error.Reason}"))}", e);
            }
        }
        catch (KafkaException e)
        {
            throw new KafkaFailedException($"{_connection}: {e.Error.Reason}", e);
        }
    }

    /// <summary>
    /// Deletes a consumer group without members; one that is not there is none too many.
    /// </summary>
    /// <inheritdoc cref="DeleteAsync"/>
    public async Task DeleteGroupAsync(string group)
    {
        try
        {
            await _admin.DeleteGroupsAsync([group], new DeleteGroupsOptions { RequestTimeout = Patience });
        }
        catch (DeleteGroupsException e)
        {
            if (e.Results.Find(result => result.Error.IsError && result.Error.Code != ErrorCode.GroupIdNotFound) is { } refused)
            {
                throw new KafkaFailedException($"{_connection}: group {group}: {refused.Error.Reason}", e);
            }
        }
        catch (KafkaException e)
        {
            throw new KafkaFailedException($"{_connection}: {e.Error.Reason}", e);
        }
    }

    private static TopicLook TellsNoIds => new(new Dictionary<string, string>(), [], []);

    /// <summary>The ids of the topics in question: one that was made anew has another.</summary>
    /// <exception cref="KafkaFailedException">No broker answers in time, or it refuses.</exception>
    public async Task<TopicLook> LookAtTopicsAsync(TimeSpan patience)
    {
        IReadOnlyList<DescribedTopic>? described;
        try
        {
            described = await Task.Run(() => TopicDescriptions.Of(_admin.Handle, [.. _wanted.Select(topic => topic.Name)], patience, _isEmbedded));
        }
        catch (KafkaException e)
        {
            throw new KafkaFailedException($"{_connection}: the topics cannot be looked at: {e.Error.Reason}", e);
        }

        if (described is null)
        {
            return TellsNoIds;
        }

        if (described.FirstOrDefault(topic => topic.IsError && topic.Error != ErrorCode.UnknownTopicOrPart) is { } refused)
        {
            throw new KafkaFailedException($"{_connection}: topic {refused.Name} cannot be looked at: {new Error(refused.Error).Reason}");
        }

        return new TopicLook(
            described.Where(topic => !topic.IsError && topic.Id.Length > 0).ToDictionary(topic => $"{_connection.Region}/{topic.Name}", topic => topic.Id),
            [.. described.Where(topic => topic.IsError).Select(topic => $"{_connection.Region}/{topic.Name}")],
            [.. described.Where(topic => !topic.IsError && topic.PartitionCount < WantedOf(topic.Name))
                .Select(topic => $"topic {_connection.Region}/{topic.Name} has {topic.PartitionCount} partitions, the topology says {WantedOf(topic.Name)}")]);

        int WantedOf(string name) => _wanted.First(topic => topic.Name == name).Partitions;
    }

    public void Dispose() => _admin.Dispose();


    /// <summary>
    /// Asks in steps: a client that is not let in goes on trying, and says so beside.
    /// </summary>
    private Metadata Metadata(TimeSpan patience)
    {
        for (var started = TimeProvider.System.GetTimestamp(); ;)
        {
            try
            {
                return _admin.GetMetadata(Step);
            }
            catch (KafkaException e)
            {
                NoteRefusal(e.Error);
                if (_refusal is { } refusal)
                {
                    throw new AccessRefusedException(
                        $"region {_connection.Region}: the brokers {_connection.Brokers} do not let this process in ({refusal.Reason}); see {KeysOf(refusal.Code)}", e);
                }

                if (TimeProvider.System.GetElapsedTime(started) >= patience)
                {
                    throw new KafkaFailedException(
                        $"region {_connection.Region}: no broker of {_connection.Brokers} answers ({e.Error.Reason}); is Kafka running there, and are regions.{_connection.Region}.brokers and .security right?", e);
                }
            }
        }
    }

    private string KeysOf(ErrorCode code) => code == ErrorCode.Local_Ssl
        ? $"regions.{_connection.Region}.security: security.protocol, ssl.ca.location"
        : $"regions.{_connection.Region}.security: security.protocol, sasl.mechanism, sasl.username, sasl.password";

    private void NoteRefusal(Error error)
    {
        if (error.Code is ErrorCode.Local_Authentication or ErrorCode.SaslAuthenticationFailed or ErrorCode.Local_Ssl or ErrorCode.ClusterAuthorizationFailed or ErrorCode.UnsupportedSaslMechanism)
        {
            _refusal = error;
        }
    }
}
