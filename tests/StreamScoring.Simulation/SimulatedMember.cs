namespace StreamScoring.Simulation;

/// <summary>
/// The client of one process in the consumer group. What it heard of the group with its last
/// heartbeat and what it told the process are two things: a client that was dropped joins again
/// before the process hears of it.
/// </summary>
internal sealed class SimulatedMember
{
    private readonly SimulatedGroup _group;
    private readonly int _member;
    private readonly HashSet<int> _told = [];
    private readonly HashSet<int> _toldToGiveUp = [];
    private SimulatedGroup.Answer _heard = new(IsMember: true, [], []);
    private int _joined;
    private bool _isLost;

    public SimulatedMember(SimulatedGroup group, int member)
    {
        (_group, _member) = (group, member);
        Join();
    }

    /// <summary>What the process is to be told.</summary>
    /// <param name="Lost">All that it had; null where it was not dropped.</param>
    public readonly record struct News(IReadOnlyList<int>? Lost, IReadOnlyList<int> Revoked, IReadOnlyList<int> Assigned);

    /// <summary>What coordinators tell zombies by.</summary>
    public sealed record Name(int Member, int Generation);

    /// <summary>Another one each time that it joins.</summary>
    public string MemberId { get; private set; } = "";

    /// <summary>That it heard of last.</summary>
    public int Generation { get; private set; }

    /// <summary>What it gives out for transactions.</summary>
    public Name Metadata => new(_member, Generation);

    /// <summary>Partitions that are the member's, as far as it heard.</summary>
    public IReadOnlyList<int> Assigned => _heard.Assigned;

    /// <summary>Asks the group for news. One that was dropped joins again at once.</summary>
    public void Heartbeat()
    {
        _heard = _group.Poll(_member);
        if (!_heard.IsMember)
        {
            _isLost = true;
            Join();
        }

        foreach (var partition in _heard.Revoked.Where(partition => !_told.Contains(partition)))
        {
            // It came and went before the process heard of it.
            _group.GiveUp(_member, partition);
        }

        Generation = _group.Generation;
    }

    /// <summary>What the process was not told yet.</summary>
    public News Take()
    {
        if (_isLost)
        {
            List<int> lost = [.. _told];
            _isLost = false;
            _told.Clear();
            _toldToGiveUp.Clear();
            return new News(lost, [], []);
        }

        List<int> revoked = [.. _heard.Revoked.Where(partition => _told.Contains(partition) && _toldToGiveUp.Add(partition))];
        // Also one that it was told to give up, and has not yet, when the group thinks better of
        // it.
        List<int> assigned = [.. _heard.Assigned.Where(partition => _toldToGiveUp.Remove(partition) || !_told.Contains(partition))];
        _told.UnionWith(assigned);
        return new News(Lost: null, revoked, assigned);
    }

    /// <summary>The process released a partition that it was told to give up.</summary>
    public void GiveUp(int partition)
    {
        if (_toldToGiveUp.Remove(partition))
        {
            _told.Remove(partition);
            // Whatever it heard of it is over.
            _heard = new SimulatedGroup.Answer(_heard.IsMember, [.. _heard.Revoked.Where(other => other != partition)], [.. _heard.Assigned.Where(other => other != partition)]);
            _group.GiveUp(_member, partition);
        }
    }

    private void Join()
    {
        _group.Join(_member);
        MemberId = $"{_member}-{_joined++}";
        _heard = new SimulatedGroup.Answer(IsMember: true, [], []);
    }
}
