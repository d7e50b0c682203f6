using System.Globalization;
using Microsoft.Extensions.Logging;
using StreamScoring.Features;
using StreamScoring.Identity;
using StreamScoring.Logs;
using StreamScoring.Signals;

namespace StreamScoring.State;

/// <summary>
/// The snapshots of a deployment: which one a process starts from, and how many are kept. Any
/// process's snapshot can start any other process of the same feature file and topics.
/// </summary>
/// <param name="features">The feature file that a snapshot must be of.</param>
/// <param name="topicIds">See <see cref="TopicIds"/>.</param>
/// <param name="config"><c>sha256:</c> and the hash of the topology, for the record.</param>
/// <param name="instance">A short name of the process, so that two never take the same
/// name.</param>
/// <param name="keep">How many to keep of each set of logs.</param>
/// <param name="logger">Told why a snapshot is passed over.</param>
/// <param name="identity">What ids are hashed by in the states that are restored; null: the secret
/// for development.</param>
public sealed class SnapshotHistory(
    ISnapshotStore store, FeatureFile features, IReadOnlyDictionary<string, string> topicIds, string config, string instance, int keep, ILogger logger, IdentityHash? identity = null)
{
    private readonly Dictionary<LogId, long> _bounds = [];
    private readonly string _identity = (identity ?? IdentityHash.Development).Fingerprint;

    /// <summary>
    /// By <c>region/topic</c>: the topic's id now, as far as it is known; where it is not, it is
    /// taken from the snapshot that is restored. What a snapshot holds of a topic that was made
    /// anew since stays, and the new topic is folded from its own beginning.
    /// </summary>
    public IReadOnlyDictionary<string, string> TopicIds { get; set; } = topicIds;

    /// <summary>
    /// By <c>region/topic</c>: topics that a snapshot must be of, whatever ids they had. One of
    /// other topics is another deployment's.
    /// </summary>
    public IReadOnlyCollection<string> Required { get; set; } = [];

    /// <summary>
    /// From now on only a snapshot that lies at or before this offset of the log will do.
    /// </summary>
    public void RequireAtOrBefore(LogId log, long offset) => _bounds[log] = Math.Min(offset, _bounds.GetValueOrDefault(log, long.MaxValue));

    /// <summary>Every snapshot will do again.</summary>
    public void ForgetBounds() => _bounds.Clear();

    /// <summary>Restores the newest snapshot that can be used.</summary>
    /// <param name="newState">Makes an empty state: for each try a new one, as a file that turns
    /// out to be damaged half way spoils it.</param>
    /// <returns>An empty state where no snapshot can be used.</returns>
    public (FoldedState State, SnapshotInfo? From) RestoreNewest(Func<FoldedState> newState)
    {
        foreach (var name in NewestFirst())
        {
            try
            {
                using var stream = store.Open(name);
                var reader = new SnapshotReader(stream, name);
                if (RefusalOf(reader.Info) is { } refusal)
                {
                    logger.SnapshotPassedOver(name, refusal);
                    continue;
                }

                var state = newState();
                foreach (var unread in Restore(state, reader, stream))
                {
                    logger.SnapshotHoldsMore(name, $"{unread}");
                }

                foreach (var topic in reader.Info.Vector.Keys.Select(log => log[..log.LastIndexOf('/')]).Distinct().Where(topic => IsRenewed(reader.Info, topic)))
                {
                    logger.TopicMadeAnew(topic, name);
                }

                TopicIds = reader.Info.Topics.Concat(TopicIds).GroupBy(topic => topic.Key).ToDictionary(topic => topic.Key, topic => topic.Last().Value);
                return (state, reader.Info);
            }
            catch (Exception e) when (e is SnapshotRefusedException or IOException or UnauthorizedAccessException)
            {
                logger.SnapshotUnreadable(e.Message);
            }
        }

        return (newState(), null);
    }

    /// <summary>
    /// The keys on this thread, and on another what stands in the head, which is as many payments
    /// as the idempotency index holds.
    /// </summary>
    /// <returns>Logs of the snapshot that this process does not read.</returns>
    private IReadOnlyList<LogId> Restore(FoldedState state, SnapshotReader reader, Stream stream)
    {
        var head = reader.ReadHead().Renewed(log => IsRenewed(reader.Info, log.TopicName));
        state.Features.Expect(head.KeyCounts, stream.CanSeek ? stream.Length : 0);
        var ofHead = Task.Factory.StartNew(() => state.Restore(head), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        try
        {
            reader.ReadChunks(state.Features.Restore);
        }
        finally
        {
            // Also where the file turned out to be damaged: nobody writes to a state that was given
            // up.
            ofHead.GetAwaiter().GetResult();
        }

        return ofHead.Result;
    }

    /// <summary>Writes a snapshot, and then removes what is not kept any more.</summary>
    /// <param name="head">The state's head; the chunks follow.</param>
    /// <returns>Bytes written.</returns>
    /// <exception cref="IOException">It could not be written; those before it stay.</exception>
    public long Write(StateHead head, IEnumerable<SweepChunk> chunks, Func<SweepChunk, UInt128> digestOf, DateTimeOffset now)
    {
        var bytes = 0L;
        store.Write(string.Create(CultureInfo.InvariantCulture, $"{now.UtcDateTime:yyyyMMdd'T'HHmmss'.'fff}-{instance}"), stream =>
        {
            var writer = new SnapshotWriter(stream, head, new SnapshotLabel(features.Text, TopicIds, config, now), digestOf);
            foreach (var chunk in chunks)
            {
                writer.Write(chunk);
            }

            writer.Complete();
            bytes = writer.Length;
        });
        RemoveOld();
        return bytes;
    }

    /// <summary>Names begin with the time.</summary>
    private IEnumerable<string> NewestFirst() => store.List().OrderDescending(StringComparer.Ordinal);

    private string? RefusalOf(SnapshotInfo info)
    {
        if (info.FeatureFile != features.Hash)
        {
            return $"it is of another feature file ({info.FeatureFile})";
        }

        if (info.Identity != _identity)
        {
            return $"its ids are hashed by another secret (identity {info.Identity}, this process has {_identity}; docs/topology.md, Identity)";
        }

        if (Required.FirstOrDefault(topic => !info.Topics.ContainsKey(topic)) is { } missing)
        {
            return $"it is of other topics: it holds nothing of {missing}";
        }

        foreach (var (log, offset) in _bounds)
        {
            if (!IsRenewed(info, log.TopicName) && info.Vector.GetValueOrDefault(log.ToString()) > offset)
            {
                return $"it is ahead of {log} offset {offset}, which is to be decided";
            }
        }

        return null;
    }

    /// <summary>Whether both ids are known, and differ.</summary>
    private bool IsRenewed(SnapshotInfo info, string topic) =>
        info.Topics.TryGetValue(topic, out var id) && TopicIds.TryGetValue(topic, out var idNow) && id != idNow;

    private void RemoveOld()
    {
        var bySet = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var name in NewestFirst())
        {
            var set = LogsOf(name);
            var count = bySet[set] = bySet.GetValueOrDefault(set) + 1;
            if (count > keep)
            {
                store.Delete(name);
            }
        }
    }

    private string LogsOf(string name)
    {
        try
        {
            using var stream = store.Open(name);
            var info = new SnapshotReader(stream, name).Info;
            return info.FeatureFile + ' ' + string.Join(' ', info.Vector.Keys.Order(StringComparer.Ordinal));
        }
        catch (Exception e) when (e is SnapshotRefusedException or IOException or UnauthorizedAccessException)
        {
            // Damaged ones are of no use; a few are left for whoever wants to know why.
            return "";
        }
    }
}
