using Confluent.Kafka;
using StreamScoring.Chaos.Oracle;

namespace StreamScoring.Chaos.World;

/// <summary>
/// What retention and operators do to topics of inputs. All that goes is kept for the oracle.
/// </summary>
public sealed class Housekeeping(TopicMaker topics, Traffic traffic, Archive archive)
{
    private readonly Dictionary<string, string> _ids = [];

    /// <summary>Makes all topics.</summary>
    public async Task MakeAllAsync()
    {
        await topics.MakeAllAsync();
        foreach (var topic in (string[])[Topics.Payments, Topics.Labels])
        {
            _ids[topic] = await topics.IdOfAsync(topic);
            archive.Made(topic, _ids[topic]);
        }
    }

    /// <summary>Deletes the first records of partitions.</summary>
    /// <param name="place">Of a partition's first and last offset: the one before which records go;
    /// null for none.</param>
    public async Task DeleteRecordsAsync(string topic, Func<long, long, long?> place)
    {
        var there = await Task.Run(() => archive.ReadOn(topic));
        var before = there.Select((log, partition) => (Partition: partition, Before: place(log.Begin, log.End))).Where(log => log.Before is not null)
            .Select(log => new TopicPartitionOffset(topic, log.Partition, log.Before!.Value)).ToList();
        if (before.Count == 0)
        {
            return;
        }

        before.ForEach(log => archive.Deletes(topic, new Deletion(log.Partition, log.Offset)));
        await topics.DeleteRecordsAsync(before);
    }

    /// <summary>
    /// Deletes a topic and makes it again. What is published to it meanwhile comes to the new one.
    /// </summary>
    /// <param name="absence">How long it is not there.</param>
    public async Task MakeAnewAsync(string topic, TimeSpan absence)
    {
        await traffic.HoldAsync(topic);
        await Task.Run(() => archive.ReadOn(topic));
        await topics.DeleteAsync(topic);
        await Task.Delay(absence);
        _ids[topic] = await topics.MakeAgainAsync(topic, _ids[topic]);
        archive.Made(topic, _ids[topic]);
        traffic.GoOn(topic);
    }
}
