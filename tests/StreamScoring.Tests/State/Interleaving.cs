using StreamScoring.Contracts;

namespace StreamScoring.Tests.State;

/// <summary>Events in several logs, read in any order that keeps that of each log.</summary>
internal static class Interleaving
{
    /// <param name="copies">One in so many payments goes to both payments logs; 0: none.</param>
    public static List<object>[] Split(List<object> events, Random random, int copies = 0)
    {
        var logs = new List<object>[] { [], [], [] };
        foreach (var item in events)
        {
            var log = item is Label ? TestBatch.Labels : TestBatch.Payments + random.Next(2);
            logs[log].Add(item);
            if (item is Payment && copies > 0 && random.Next(copies) == 0)
            {
                logs[TestBatch.Payments + TestBatch.MorePayments - log].Add(item);
            }
        }

        return logs;
    }

    /// <param name="inOrder">By event time, as far as the logs are; otherwise any log may run ahead
    /// by any number of records.</param>
    public static List<(int, long, object)> Of(List<object>[] logs, Random random, bool inOrder)
    {
        var next = new int[logs.Length];
        var order = new List<(int, long, object)>();
        while (Enumerable.Range(0, logs.Length).Where(log => next[log] < logs[log].Count).ToList() is { Count: > 0 } left)
        {
            var log = inOrder ? left.MinBy(log => TimeOf(logs[log][next[log]])) : left[random.Next(left.Count)];
            order.Add((log, next[log], logs[log][next[log]]));
            next[log]++;
        }

        return order;
    }

    private static long TimeOf(object item) => item is Label label ? label.EventTimeMs : ((Payment)item).EventTimeMs;
}
