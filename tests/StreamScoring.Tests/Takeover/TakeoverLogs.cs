using System.Globalization;
using System.Text;
using StreamScoring.Emit;
using StreamScoring.Logs;

namespace StreamScoring.Tests.Takeover;

/// <summary>Three partitions of payments and labels, and what decisions on them say.</summary>
internal static class TakeoverLogs
{
    public const int Partitions = 3;

    public const string TopicId = "now";

    public static readonly LogTable Logs = new(
        Enumerable.Range(0, Partitions).SelectMany(partition => new[]
        {
            (new LogId("eu", "payments", partition), LogKind.Payments), (new LogId("eu", "labels", partition), LogKind.Labels),
        }),
        [], new Dictionary<string, string> { ["eu/payments"] = TopicId, ["eu/labels"] = TopicId });

    public static int Payments(int partition) => Logs.IndexOf(new LogId("eu", "payments", partition));

    public static int Labels(int partition) => Logs.IndexOf(new LogId("eu", "labels", partition));

    public static bool IsPayments(int logIndex) => Logs.KindOf(logIndex) == LogKind.Payments;

    /// <summary>
    /// A decisions partition with one decision on each of these offsets of the log.
    /// </summary>
    public static DecidedPositions Decided(int logIndex, long end, IEnumerable<long> offsets, string? topicId = TopicId)
    {
        var positions = new DecidedPositions(Logs[logIndex], Logs.TopicIdOf(logIndex), end);
        foreach (var offset in offsets)
        {
            var id = topicId is null ? "" : $"\"topic_id\":\"{topicId}\",";
            positions.Note(Encoding.UTF8.GetBytes(string.Create(
                CultureInfo.InvariantCulture,
                $$$"""{"source":{"region":"eu","topic":"payments",{{{id}}}"partition":{{{Logs[logIndex].Partition}}},"offset":{{{offset}}}},"action":"allow","score":0,"level":"normal","probability":0,"raw":0}""")));
        }

        return positions;
    }
}
