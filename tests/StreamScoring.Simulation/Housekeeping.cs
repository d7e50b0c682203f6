using System.Text;
using StreamScoring.Logs;

namespace StreamScoring.Simulation;

/// <summary>
/// What Kafka's own housekeeping and strangers do to a region's topics, drawn from a source of its
/// own: records are deleted, topics are deleted and made again, and a record that nobody decided
/// claims a position far behind the end.
/// </summary>
/// <param name="renews">Whether topics are made anew too.</param>
internal sealed class Housekeeping(SimulatedCluster cluster, Random random, bool renews, Action<FormattableString> trace)
{
    private int _renewalsLeft = renews ? random.Next(3) : 0;

    /// <summary>Perhaps something happens.</summary>
    public void Draw()
    {
        switch (random.Next(2000))
        {
            case < 5:
                Truncate();
                break;
            case 5 when _renewalsLeft > 0:
                _renewalsLeft--;
                var topic = random.Next(3) == 0 ? "labels" : "payments";
                cluster.MakeAnew(topic);
                trace($"{topic} are made anew");
                break;
            case 6 or 7:
                Claim();
                break;
        }
    }

    private void Truncate()
    {
        var log = new LogId(cluster.Region, random.Next(3) == 0 ? "labels" : "payments", random.Next(cluster.Partitions));
        var input = cluster.Input(log);
        // Mostly a few of the oldest; sometimes all that there is.
        input.Truncate(random.Next(4) == 0 ? input.Records.Count : input.Begin + random.Next((int)(input.Records.Count - input.Begin) + 1));
        trace($"{log} begins at {input.Begin} of {input.Records.Count}");
    }

    private void Claim()
    {
        var log = new LogId(cluster.Region, "payments", random.Next(cluster.Partitions));
        var topicId = cluster.Logs.TopicIdOf(cluster.Logs.IndexOf(log));
        var offset = cluster.Input(log).Records.Count + 1_000_000L;
        cluster.Decisions[log.Partition].Append(new SimulatedLog.Record(0, Encoding.UTF8.GetBytes(
            $$"""{"source":{"region":"{{log.Region}}","topic":"{{log.Topic}}","topic_id":"{{topicId}}","partition":{{log.Partition}},"offset":{{offset}}},"action":"allow","score":0,"level":"normal","probability":0,"raw":0}"""),
            default, offset, [], CarriesVector: false));
        trace($"a record claims a decision on {log}/{offset}");
    }
}
