using StreamScoring.State;
using StreamScoring.TestSupport;

namespace StreamScoring.Simulation;

/// <summary>
/// One region: its brokers, its processes, those that are about to start, and the disk with their
/// snapshots.
/// </summary>
internal sealed class SimulatedRegion
{
    private readonly SnapshotHistory[] _histories;
    private readonly Queue<long> _startsAtMs = new();
    private int _members;

    public SimulatedRegion(SimulationContext context, int processes)
    {
        Context = context;
        _histories = [.. Enumerable.Range(0, processes).Select(i => new SnapshotHistory(
            Disk, context.Features, context.Cluster.Logs.TopicIds, "sha256:config", $"p{i}", keep: 2, new TextLogger(notice => context.Trace($"{notice}"))))];
        foreach (var _ in _histories)
        {
            _startsAtMs.Enqueue(context.Clock.NowMs);
        }
    }

    public SimulationContext Context { get; }

    public SimulatedCluster Cluster => Context.Cluster;

    public SimulatedSnapshots Disk { get; } = new();

    public List<SimulatedProcess> Processes { get; } = [];

    /// <summary>Some process took another's place.</summary>
    public bool HasStartedOver => _members > _histories.Length;

    /// <summary>Everything that is in the logs is folded and answered.</summary>
    public bool IsQuiet => IsWhole && Processes.TrueForAll(process => process.IsQuiet);

    /// <summary>The same of its own logs.</summary>
    public bool IsQuietAtHome => IsWhole && Processes.TrueForAll(process => process.IsQuietAtHome);

    private bool IsWhole => _startsAtMs.Count == 0 && !Cluster.Transactions.HasOpen && Processes.Sum(process => process.Owned.Count) == Cluster.Partitions;

    /// <summary>
    /// Starts those whose time has come, and ends transactions whose time is over. Without brokers
    /// a process waits.
    /// </summary>
    public void StartDue()
    {
        Cluster.Transactions.Expire();
        while (!Cluster.IsAway && _startsAtMs.TryPeek(out var atMs) && atMs <= Context.Clock.NowMs)
        {
            _startsAtMs.Dequeue();
            Processes.Add(new SimulatedProcess(Context, _members, _histories[_members % _histories.Length]));
            _members++;
        }
    }

    /// <summary>A process ends, and another takes its place after a while.</summary>
    public void End(SimulatedProcess process, bool leaves, int pauseMs)
    {
        Processes.Remove(process);
        process.Dispose();
        if (leaves)
        {
            Cluster.Group.Leave(process.Member);
        }

        _startsAtMs.Enqueue(Context.Clock.NowMs + pauseMs);
    }
}
