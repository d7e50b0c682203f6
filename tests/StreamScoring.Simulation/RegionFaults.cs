namespace StreamScoring.Simulation;

/// <summary>
/// What happens to links, mirrors and whole regions, drawn from a source of its own.
/// </summary>
internal sealed class RegionFaults
{
    private readonly IReadOnlyList<SimulatedRegion> _regions;
    private readonly SimulatedPublisher _publisher;
    private readonly SimulatedMirror? _mirror;
    private readonly VirtualClock _clock;
    private readonly Random _random;
    private readonly bool _linksOnly;
    private readonly int _perThousand;
    private readonly Action<FormattableString> _trace;
    private readonly long[] _awayUntilMs;
    private int _flapsLeft;
    private long _nextFlapMs;

    /// <param name="mirror">Null where no topic is mirrored.</param>
    /// <param name="linksOnly">Nothing else breaks in this run.</param>
    public RegionFaults(IReadOnlyList<SimulatedRegion> regions, SimulatedPublisher publisher, SimulatedMirror? mirror, Random random, bool linksOnly)
    {
        (_regions, _publisher, _mirror, _random, _linksOnly) = (regions, publisher, mirror, random, linksOnly);
        (_clock, _trace) = (regions[0].Context.Clock, regions[0].Context.Trace);
        _perThousand = 1 + random.Next(5);
        _awayUntilMs = [.. regions.Select(_ => long.MinValue)];
    }

    private IEnumerable<SimulatedLink> Links => _regions.Select(region => region.Context.Link!);

    /// <summary>Nothing is left to copy.</summary>
    public bool IsQuiet => _mirror?.IsDone ?? true;

    /// <summary>At each step, faults or none.</summary>
    public void Step()
    {
        for (var i = 0; i < _regions.Count; i++)
        {
            var isAway = _clock.NowMs < _awayUntilMs[i];
            if (_regions[i].Cluster.IsAway && !isAway)
            {
                _trace($"region {_regions[i].Cluster.Region} is back");
            }

            _regions[i].Cluster.IsAway = isAway;
        }

        foreach (var link in Links)
        {
            link.Note();
        }

        if (_mirror is not null && _random.Next(6) == 0)
        {
            _mirror.Step();
        }
    }

    /// <summary>Perhaps something breaks.</summary>
    public void Draw()
    {
        if (_flapsLeft > 0 && _clock.NowMs >= _nextFlapMs)
        {
            _flapsLeft--;
            _nextFlapMs = _clock.NowMs + 200 + _random.Next(4000);
            Cut(Links.ElementAt(_random.Next(_regions.Count)), _random.Next(3000));
        }

        if (_random.Next(1000) >= _perThousand)
        {
            return;
        }

        switch (_random.Next(_linksOnly ? 6 : 8))
        {
            case 0:
                Cut(Links.ElementAt(_random.Next(_regions.Count)), _random.Next(8000));
                break;
            case 1:
                // Longer than a session, and than the idempotency window.
                Cut(Links.ElementAt(_random.Next(_regions.Count)), 10_000 + _random.Next(120_000));
                break;
            case 2:
                var ms = _random.Next(100_000);
                Links.ToList().ForEach(link => Cut(link, ms));
                break;
            case 3:
                _flapsLeft = 2 + _random.Next(8);
                break;
            case 4:
                Heal();
                break;
            case 5:
                _trace($"a publisher moves to the other region");
                _publisher.Move();
                break;
            case 6:
                Lose(_random.Next(_regions.Count), _random.Next(60_000));
                break;
            default:
                _trace($"the mirror starts again");
                _mirror?.Restart();
                break;
        }
    }

    /// <summary>When all is published: leaves something broken for as long as it takes.</summary>
    /// <returns>The regions that have to come to rest all the same.</returns>
    public IReadOnlyList<SimulatedRegion> LeaveBroken()
    {
        const int forGood = int.MaxValue;
        _flapsLeft = 0;
        switch (_random.Next(_linksOnly ? 3 : 4))
        {
            case 0:
                Cut(Links.ElementAt(_random.Next(_regions.Count)), forGood);
                break;
            case 1:
                Links.ToList().ForEach(link => Cut(link, forGood));
                break;
            case 2:
                break;
            default:
                var lost = _random.Next(_regions.Count);
                Lose(lost, forGood);
                // The other one may be away from before.
                _awayUntilMs[1 - lost] = long.MinValue;
                return [_regions[1 - lost]];
        }

        return _regions;
    }

    public void Heal()
    {
        _trace($"the links are whole");
        foreach (var link in Links)
        {
            link.CutUntil(long.MinValue);
        }
    }

    public void BringBack() => _awayUntilMs.AsSpan().Fill(long.MinValue);

    private void Cut(SimulatedLink link, int forMs)
    {
        _trace($"nothing arrives from region {link.From.Region} for {forMs} ms");
        link.CutUntil(_clock.NowMs + forMs);
    }

    /// <summary>
    /// The brokers of a region answer nobody, and mostly its processes are killed. One region at a
    /// time.
    /// </summary>
    private void Lose(int lost, int forMs)
    {
        if (_awayUntilMs.Any(untilMs => untilMs > _clock.NowMs))
        {
            return;
        }

        _trace($"region {_regions[lost].Cluster.Region} is lost for {forMs} ms");
        _awayUntilMs[lost] = _clock.NowMs + forMs;
        _regions[lost].Cluster.IsAway = true;
        _publisher.Resend(_regions[lost].Cluster);
        if (forMs < int.MaxValue && _random.Next(3) == 0)
        {
            _trace($"its processes live on");
            return;
        }

        foreach (var process in _regions[lost].Processes.ToList())
        {
            _regions[lost].End(process, leaves: false, pauseMs: 0);
        }
    }
}
