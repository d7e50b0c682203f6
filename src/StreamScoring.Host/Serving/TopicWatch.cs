using StreamScoring.Deployment;
using StreamScoring.Kafka;

namespace StreamScoring.Host.Serving;

/// <summary>
/// Looks, now and then, whether the topics are still those that the process started with: one that
/// was deleted and made again has another id, and clients would read on in it at the old offset
/// without a word.
/// </summary>
/// <param name="known">By <c>region/topic</c>: the ids at the start. One that becomes known later
/// counts from then on.</param>
internal sealed class TopicWatch(Topology topology, IReadOnlyDictionary<string, string> known) : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>A broker that just started may not know a topic yet.</summary>
    private const int MissingMax = 2;

    private readonly TopicAdmin _home = KafkaPorts.AdminOf(topology);
    private readonly List<TopicAdmin> _followed = [.. topology.Follows.SelectMany(follow => KafkaPorts.AdminsOf(topology, follow)), .. KafkaPorts.AdminOfControl(topology) is { } control ? [control] : (TopicAdmin[])[]];
    private readonly Dictionary<string, string> _known = new(known, StringComparer.Ordinal);
    private int _missing;

    /// <summary>
    /// Asks for the ids: of the own topics, and of those of other regions that answer.
    /// </summary>
    /// <exception cref="KafkaFailedException">The own brokers do not answer.</exception>
    public async Task<TopicLook> LookAsync()
    {
        var followed = _followed.ConvertAll(LookAtFollowedAsync);
        var home = await _home.LookAtTopicsAsync(Patience);
        var ids = (await Task.WhenAll(followed)).SelectMany(ids => ids).Concat(home.Ids).DistinctBy(topic => topic.Key).ToDictionary();
        return home with { Ids = ids };
    }

    /// <summary>Asks the brokers, and compares. Brokers that do not answer say nothing.</summary>
    /// <exception cref="TopicMadeAnewException">A topic is another, or one of the own region is
    /// gone.</exception>
    public async Task CheckAsync()
    {
        TopicLook look;
        try
        {
            look = await LookAsync();
        }
        catch (KafkaFailedException)
        {
            return;
        }

        _missing = look.Missing.Count > 0 ? _missing + 1 : 0;
        if (_missing == MissingMax)
        {
            throw new TopicMadeAnewException($"topic {string.Join(", ", look.Missing)} is gone");
        }

        foreach (var (topic, id) in look.Ids)
        {
            if (_known.TryGetValue(topic, out var before) && before != id)
            {
                throw new TopicMadeAnewException($"topic {topic} was made anew: its id was {before}, and is {id}");
            }

            _known[topic] = id;
        }
    }

    public void Dispose()
    {
        _home.Dispose();
        _followed.ForEach(admin => admin.Dispose());
    }

    private static async Task<IReadOnlyDictionary<string, string>> LookAtFollowedAsync(TopicAdmin admin)
    {
        try
        {
            return (await admin.LookAtTopicsAsync(Patience)).Ids;
        }
        catch (KafkaFailedException)
        {
            return new Dictionary<string, string>();
        }
    }
}
