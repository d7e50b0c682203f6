using StreamScoring.Regions;

namespace StreamScoring.Simulation;

/// <summary>The brokers of one region: topics, and the coordinator of one consumer group.</summary>
internal sealed class SimulatedCluster
{
    private readonly SimulatedInputs _inputs;

    /// <param name="followed">Logs of another region, or of its mirror here, that its processes fold.</param>
    public SimulatedCluster(string region, int partitions, IEnumerable<(LogId Id, LogKind Kind, string Region)> followed, SimulatedInputs inputs, VirtualClock clock)
    {
        (Region, Partitions, _inputs) = (region, partitions, inputs);
        Logs = new LogTable(
            Enumerable.Range(0, partitions).SelectMany(partition => new[]
            {
                (new LogId(region, "payments", partition), LogKind.Payments), (new LogId(region, "labels", partition), LogKind.Labels),
            }),
            followed);
        Decisions = [.. Enumerable.Range(0, partitions).Select(_ => new SimulatedLog())];
        DeadLetters = [.. Enumerable.Range(0, partitions).Select(_ => new SimulatedLog())];
        Group = new SimulatedGroup(partitions, clock);
        Committed = new long[Logs.Count];
    }

    public string Region { get; }

    /// <summary>The brokers answer nobody.</summary>
    public bool IsAway { get; set; }

    public int Partitions { get; }

    /// <summary>What a process of the region reads.</summary>
    public LogTable Logs { get; }

    /// <summary>By partition.</summary>
    public IReadOnlyList<SimulatedLog> Decisions { get; }

    /// <summary>By partition.</summary>
    public IReadOnlyList<SimulatedLog> DeadLetters { get; }

    public SimulatedGroup Group { get; }

    /// <summary>By log index: what the group committed.</summary>
    public long[] Committed { get; }

    public SimulatedLog Input(LogId log) => _inputs[log];
}
