using StreamScoring.Configuration;

namespace StreamScoring.Regions;

/// <summary>
/// Looks whether the topology file that a process runs by has changed. What it holds is compared, not its time: an editor puts another file in its place, a
/// ConfigMap turns a link to one, and neither need be newer. A change counts once two looks have found the same, so that a file that is being written is not judged.
/// </summary>
/// <param name="atStart">What the process was started with.</param>
/// <param name="overrides">As given to <c>--set</c> then; they go on overriding the file.</param>
/// <param name="notice">Told once per change: what is in force now, what needs a restart, or why the file is not taken.</param>
public sealed class TopologyWatch(Topology atStart, IReadOnlyList<string> overrides, Action<string> notice)
{
    private Topology _inForce = atStart;
    private IReadOnlyList<RegionTopology> _grown = atStart.Regions;
    private string _judged = atStart.Hash;
    private string _seen = atStart.Hash;

    /// <summary>Topics got more partitions: a file that says the same is no change.</summary>
    public void Grew(IReadOnlyList<RegionTopology> regions) => _grown = regions;

    /// <returns>The topology whose live keys are to be in force from now on, all others as at the start; null where nothing changed for a running process.</returns>
    public Topology? Look()
    {
        var (text, problem) = Read();
        var found = text is null ? "" : TopologyFile.HashOf(text, overrides);
        var isSettled = found == _seen;
        _seen = found;
        if (!isSettled || found == _judged)
        {
            return null;
        }

        _judged = found;
        if (text is null)
        {
            notice($"{problem}; the values in force stay");
            return null;
        }

        try
        {
            return Judge(TopologyFile.Parse(_inForce.File, text, overrides));
        }
        catch (InvalidInputFileException e)
        {
            notice($"{e.Message}; the changed file is not taken, the values in force stay");
            return null;
        }
    }

    private (string? Text, string? Problem) Read()
    {
        try
        {
            return (File.ReadAllText(_inForce.File), null);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return (null, $"{_inForce.File}: {e.Message}");
        }
    }

    private Topology? Judge(Topology read)
    {
        var grown = _inForce with { Regions = _grown };
        var changed = TopologyKeys.Of(read).Concat(TopologyKeys.Of(_inForce)).DistinctBy(key => key.Name)
            .Where(key => key.Text(read) != key.Text(_inForce) && key.Text(read) != key.Text(grown)).ToList();
        var restart = changed.Where(key => !key.IsLive).Select(key => key.Name).ToList();
        if (restart.Count > 0)
        {
            notice($"{_inForce.File} changed: these keys need a restart, until then their old values stay in force: {string.Join(", ", restart)}");
        }

        var live = changed.Where(key => key.IsLive).Select(key => $"{key.Name} {key.Text(_inForce)} -> {key.Text(read)}").ToList();
        if (live.Count == 0)
        {
            return null;
        }

        notice($"{_inForce.File} changed: {string.Join(", ", live)}");
        _inForce = TopologyKeys.TakeLive(_inForce, read);
        return _inForce;
    }
}
