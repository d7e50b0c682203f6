using StreamScoring.Logs;

namespace StreamScoring.Simulation;

/// <summary>The brokers of one region: topics, and the coordinator of one consumer group.</summary>
internal sealed class SimulatedCluster
{
    private readonly SimulatedInputs _inputs;
    private readonly IReadOnlyList<(LogId Id, LogKind Kind, string Region)> _followed;
    private readonly Dictionary<string, string> _topicIds = [];
    private readonly bool _hasPolicyLog;
    private int _topicsMade;

    /// <param name="followed">Logs of another region, or of its mirror here, that its processes
    /// fold.</param>
    /// <param name="hasPolicyLog">Whether the logs that change the policy are its.</param>
    public SimulatedCluster(string region, int partitions, IEnumerable<(LogId Id, LogKind Kind, string Region)> followed, SimulatedInputs inputs, VirtualClock clock, bool hasPolicyLog = false)
    {
        (Region, Partitions, _inputs, _followed, _hasPolicyLog) = (region, partitions, inputs, [.. followed], hasPolicyLog);
        Logs = MakeAnew("labels");
        Logs = MakeAnew("payments");
        Decisions = [.. Enumerable.Range(0, partitions).Select(_ => new SimulatedLog())];
        DeadLetters = [.. Enumerable.Range(0, partitions).Select(_ => new SimulatedLog())];
        Group = new SimulatedGroup(partitions, clock);
        Transactions = new SimulatedTransactions(this, clock);
        Committed = [.. Enumerable.Repeat(CommittedOffset.None, Logs.Count)];
    }

    public string Region { get; }

    /// <summary>The brokers answer nobody.</summary>
    public bool IsAway { get; set; }

    public int Partitions { get; }

    /// <summary>
    /// What a process of the region reads: another table, of the same logs, whenever a topic is
    /// made anew.
    /// </summary>
    public LogTable Logs { get; private set; }

    /// <summary>By partition.</summary>
    public IReadOnlyList<SimulatedLog> Decisions { get; }

    /// <summary>By partition.</summary>
    public IReadOnlyList<SimulatedLog> DeadLetters { get; }

    public SimulatedGroup Group { get; }

    public SimulatedTransactions Transactions { get; }

    /// <summary>By log index: what the group committed.</summary>
    public CommittedOffset[] Committed { get; }

    public SimulatedLog Input(LogId log) => _inputs[log];

    /// <summary>Deletes a topic and makes it again, under another id.</summary>
    /// <returns><see cref="Logs"/>.</returns>
    public LogTable MakeAnew(string topic)
    {
        _inputs.MakeAnew(Region, topic);
        _topicIds[$"{Region}/{topic}"] = $"id-{++_topicsMade}";
        return Logs = new LogTable(
            Enumerable.Range(0, Partitions).SelectMany(partition => new[]
            {
                (new LogId(Region, "payments", partition), LogKind.Payments), (new LogId(Region, "labels", partition), LogKind.Labels),
            }).Concat(_hasPolicyLog ? [(SimulatedPolicy.ControlLog, LogKind.Control), (SimulatedPolicy.ListLog, LogKind.Lists)] : []),
            _followed, new Dictionary<string, string>(_topicIds));
    }
}
