using StreamScoring.Logs;

namespace StreamScoring.Simulation;

/// <summary>
/// Copies another region's payments into a topic of the own cluster. It starts again now and then,
/// and then repeats what it copied lately, and copies the next records a little out of order.
/// </summary>
internal sealed class SimulatedMirror
{
    /// <summary>
    /// How far back it repeats, and how far records change places: well within the idempotency
    /// window.
    /// </summary>
    private const long DisorderMs = 2000, RepeatMs = 10_000;

    private readonly SimulatedLink _link;
    private readonly SimulatedCluster _into;
    private readonly Random _random;
    private readonly int[] _next;

    public SimulatedMirror(SimulatedLink link, SimulatedCluster into, Random random)
    {
        (_link, _into, _random) = (link, into, random);
        _next = new int[link.From.Partitions];
    }

    public static LogId Of(string into, LogId log) => new(into, $"{log.Region}.{log.Topic}", log.Partition);

    /// <summary>All is copied.</summary>
    public bool IsDone => Enumerable.Range(0, _next.Length).All(partition => _next[partition] == Source(partition).Records.Count);

    /// <summary>Copies some of one partition, where the link lets it.</summary>
    public void Step()
    {
        if (_link.IsDown || _into.IsAway)
        {
            return;
        }

        var partition = _random.Next(_next.Length);
        var records = Source(partition).Records.Skip(_next[partition]).Take(1 + _random.Next(8)).ToList();
        Append(partition, records);
        _next[partition] += records.Count;
    }

    /// <summary>It starts again, of each partition from a little before where it was.</summary>
    public void Restart()
    {
        for (var partition = 0; partition < _next.Length; partition++)
        {
            var done = Source(partition).Records.Take(_next[partition]).ToList();
            if (done.Count == 0 || _link.IsDown || _into.IsAway)
            {
                continue;
            }

            var newestMs = done.Max(record => record.TimestampMs);
            var again = done.AsEnumerable().Reverse().TakeWhile(record => newestMs - record.TimestampMs < RepeatMs).Take(_random.Next(8)).Reverse().ToList();
            for (var i = 0; i + 1 < again.Count; i++)
            {
                if (_random.Next(3) == 0 && Math.Abs(again[i].TimestampMs - again[i + 1].TimestampMs) < DisorderMs)
                {
                    (again[i], again[i + 1]) = (again[i + 1], again[i]);
                }
            }

            Append(partition, again);
        }
    }

    private SimulatedLog Source(int partition) => _link.From.Input(new LogId(_link.From.Region, "payments", partition));

    private void Append(int partition, List<SimulatedLog.Record> records) =>
        records.ForEach(_into.Input(Of(_into.Region, new LogId(_link.From.Region, "payments", partition))).Append);
}
