namespace StreamScoring.Simulation;

/// <summary>
/// The coordinator of a consumer group with cooperative rebalancing: a partition moves only once
/// its owner has given it up, or the owner was silent for longer than a session. It does not know
/// which members are dead.
/// </summary>
internal sealed class SimulatedGroup(int partitions, VirtualClock clock)
{
    public const long SessionMs = 10_000;

    private readonly Dictionary<int, long> _heardOf = [];
    private readonly int[] _owner = [.. Enumerable.Repeat(-1, partitions)];

    /// <summary>What a poll says to a member.</summary>
    /// <param name="IsMember">False: it was silent for too long, and all it had is lost.</param>
    /// <param name="Revoked">Partitions that it is to give up.</param>
    /// <param name="Assigned">Partitions that are its own.</param>
    public readonly record struct Answer(bool IsMember, IReadOnlyList<int> Revoked, IReadOnlyList<int> Assigned);

    /// <summary>Another one whenever members or their partitions change.</summary>
    public int Generation { get; private set; }

    public void Join(int member)
    {
        Generation++;
        _heardOf[member] = clock.NowMs;
    }

    public void Leave(int member)
    {
        Generation++;
        _heardOf.Remove(member);
        Free(member);
    }

    /// <summary>A partition was given up.</summary>
    public void GiveUp(int member, int partition)
    {
        if (_owner[partition] == member)
        {
            Generation++;
            _owner[partition] = -1;
        }
    }

    /// <summary>Whether a member may commit: a zombie is known by its generation.</summary>
    public bool IsCurrent(SimulatedMember.Name name) => _heardOf.ContainsKey(name.Member) && name.Generation == Generation;

    public Answer Poll(int member)
    {
        foreach (var silent in _heardOf.Where(known => clock.NowMs - known.Value > SessionMs).Select(known => known.Key).ToList())
        {
            Leave(silent);
        }

        if (!_heardOf.ContainsKey(member))
        {
            return new Answer(false, [], []);
        }

        _heardOf[member] = clock.NowMs;
        var fairShare = (partitions + _heardOf.Count - 1) / _heardOf.Count;
        var mine = Enumerable.Range(0, partitions).Where(partition => _owner[partition] == member).ToList();
        foreach (var free in Enumerable.Range(0, partitions).Where(partition => _owner[partition] == -1 && mine.Count < fairShare).ToList())
        {
            Generation++;
            _owner[free] = member;
            mine.Add(free);
            if (mine.Count >= fairShare)
            {
                break;
            }
        }

        return new Answer(true, [.. mine.Skip(fairShare)], [.. mine.Take(fairShare)]);
    }

    private void Free(int member)
    {
        for (var partition = 0; partition < partitions; partition++)
        {
            GiveUp(member, partition);
        }
    }
}
