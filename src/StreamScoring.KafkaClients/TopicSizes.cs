using System.Globalization;
using Confluent.Kafka;
using Confluent.Kafka.Admin;

namespace StreamScoring.KafkaClients;

/// <summary>Asks the brokers how large a batch of records topics take.</summary>
public static class TopicSizes
{
    private const string Setting = "max.message.bytes";

    /// <summary>
    /// The topics' <c>max.message.bytes</c>: bytes of one batch of records, as it is sent.
    /// </summary>
    /// <param name="settings">A client's, by librdkafka's names.</param>
    /// <returns>By topic. Left out is what the brokers do not tell: this process may not describe
    /// the topic, it is missing, or none answers in time.</returns>
    public static async Task<IReadOnlyDictionary<string, int>> BatchBytesMaxAsync(
        IEnumerable<KeyValuePair<string, string>> settings, IEnumerable<string> topics, TimeSpan patience)
    {
        using var admin = new AdminClientBuilder(settings).SetLogHandler((_, _) => { }).SetErrorHandler((_, _) => { }).Build();
        var known = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var topic in topics.Distinct(StringComparer.Ordinal))
        {
            try
            {
                var described = await admin.DescribeConfigsAsync(
                    [new ConfigResource { Type = ResourceType.Topic, Name = topic }],
                    new DescribeConfigsOptions { RequestTimeout = patience }).ConfigureAwait(false);
                if (described[0].Entries.TryGetValue(Setting, out var entry)
                    && int.TryParse(entry.Value, NumberStyles.None, CultureInfo.InvariantCulture, out var bytes))
                {
                    known[topic] = bytes;
                }
            }
            catch (DescribeConfigsException)
            {
                // Of this one they do not say; of others they may.
            }
            catch (KafkaException)
            {
                // No broker answers, or it does not know the request: so for the others.
                break;
            }
        }

        return known;
    }
}
