using System.Security.Cryptography;
using StreamScoring.Deployment;
using StreamScoring.Host.Serving;
using StreamScoring.Kafka;

namespace StreamScoring.Host.Tuning;

/// <summary>
/// Topics and groups of a sweep's own, named after the topology's: <c>decisions-tune-3f9a1c-12</c>.
/// What is made is deleted at the end, however that comes.
/// </summary>
/// <param name="broker">Null: the topology's brokers.</param>
internal sealed class TuneTopics(RegionTopology home, EmbeddedBroker? broker, Action<string> notice) : IAsyncDisposable
{
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    private readonly HashSet<string> _topics = new(StringComparer.Ordinal);
    private readonly HashSet<string> _groups = new(StringComparer.Ordinal);
    private readonly TopicAdmin? _admin = broker is null ? new TopicAdmin(KafkaPorts.ConnectionOf(home), []) : null;

    /// <summary>Tells this sweep's names from those of any other.</summary>
    public string Suffix { get; } = $"-tune-{RandomNumberGenerator.GetHexString(6, lowercase: true)}";

    /// <exception cref="KafkaFailedException">No broker answers, or it refuses.</exception>
    public async Task MakeAsync(IReadOnlyList<(string Name, int Partitions)> topics, CancellationToken cancel)
    {
        // Known before they are there, so that one that is made while this is interrupted goes too.
        _topics.UnionWith(topics.Select(topic => topic.Name));
        if (broker is not null)
        {
            foreach (var (name, partitions) in topics)
            {
                broker.CreateTopic(name, partitions);
            }

            return;
        }

        using var admin = new TopicAdmin(KafkaPorts.ConnectionOf(home), topics);
        await admin.CreateMissingAsync(home.Replication);
        // A broker answers before the topics are known everywhere.
        var started = TimeProvider.System.GetTimestamp();
        using var timer = new PeriodicTimer(LookInterval);
        while (admin.Differences() is { Count: > 0 } differences)
        {
            if (TimeProvider.System.GetElapsedTime(started) > Patience)
            {
                throw new KafkaFailedException(string.Join("; ", differences));
            }

            await timer.WaitForNextTickAsync(cancel);
        }
    }

    /// <summary>A group that will be joined, to be deleted with the topics.</summary>
    public void Joins(string group) => _groups.Add(group);

    public async Task DeleteAsync(IReadOnlyCollection<string> topics)
    {
        if (_admin is not null && topics.Count > 0)
        {
            await _admin.DeleteAsync(topics);
        }

        _topics.ExceptWith(topics);
    }

    public async ValueTask DisposeAsync()
    {
        if (_admin is null)
        {
            return;
        }

        try
        {
            await DeleteAsync([.. _topics]);
            foreach (var group in _groups)
            {
                await _admin.DeleteGroupAsync(group);
            }
        }
        catch (KafkaFailedException e)
        {
            notice($"topics and groups with {Suffix} in their names were not all deleted: {e.Message}");
        }

        _admin.Dispose();
    }
}
