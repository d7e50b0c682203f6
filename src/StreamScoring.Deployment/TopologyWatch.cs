using Microsoft.Extensions.Logging;
using StreamScoring.Configuration;
using StreamScoring.Deployment.Registry;

namespace StreamScoring.Deployment;

/// <summary>A change of the topology file that a running process can take.</summary>
/// <param name="Target">The topology with the live keys of the changed file, all others as at the
/// start.</param>
/// <param name="Said">Each live key that changed, with its value before and after.</param>
public sealed record TopologyChange(Topology Target, string Said);

/// <summary>
/// Looks whether the topology file that a process runs by has changed. What it holds is compared,
/// not its time: an editor puts another file in its place, a ConfigMap turns a link to one, and
/// neither need be newer. A change counts once two looks have found the same, so that a file that
/// is being written is not judged.
/// </summary>
/// <param name="atStart">What the process was started with.</param>
/// <param name="overrides">As given to <c>--set</c> then; they go on overriding the file.</param>
/// <param name="logger">Told once per change: what is in force now, what needs a restart, or why
/// the file is not taken.</param>
public sealed class TopologyWatch(Topology atStart, IReadOnlyList<string> overrides, ILogger logger)
{
    private volatile Topology _inForce = atStart;
    private volatile IReadOnlyList<RegionTopology> _grown = atStart.Regions;
    private string _judged = StampOf(atStart.Hash, atStart);
    private string _seen = StampOf(atStart.Hash, atStart);

    /// <summary>Why what was judged last is not taken; null where it is.</summary>
    private volatile string? _refusal;

    /// <summary>Changed files that were not taken.</summary>
    public int Refusals { get; private set; }

    /// <summary>Topics got more partitions: a file that says the same is no change.</summary>
    public void Grew(IReadOnlyList<RegionTopology> regions) => _grown = regions;

    /// <returns>What is to be taken; null where nothing changed for a running process. Until
    /// <see cref="Took"/> it is not in force.</returns>
    public TopologyChange? Look()
    {
        var (text, problem) = Read();
        var found = text is null ? "" : StampOf(TopologyFile.HashOf(text, overrides), _inForce);
        var isSettled = found == _seen;
        _seen = found;
        if (!isSettled || found == _judged)
        {
            return null;
        }

        (_judged, _refusal) = (found, null);
        if (text is null)
        {
            logger.TopologyUnreadable(problem);
            return null;
        }

        try
        {
            return Judge(TopologyFile.Parse(_inForce.File, text, overrides));
        }
        catch (InvalidInputFileException e)
        {
            Refused(e.Message);
            return null;
        }
    }

    /// <summary>
    /// What made the file wrong may be mended beside it: the next look judges it again.
    /// </summary>
    public void JudgeAgain() => _judged = "";

    /// <summary>A change is in force.</summary>
    public void Took(TopologyChange change)
    {
        ArgumentNullException.ThrowIfNull(change);
        logger.TopologyTaken(_inForce.File, change.Said);
        _inForce = change.Target;
    }

    /// <summary>A change could not be taken.</summary>
    public void Refused(string reason)
    {
        Refusals++;
        _refusal = reason;
        logger.TopologyRefused(reason);
    }

    /// <summary>What the file says now, against what is in force. From any thread.</summary>
    /// <returns>Each key that differs, and why what was seen last was not taken; or why the file
    /// cannot be compared.</returns>
    public (IReadOnlyList<TopologyDifference> Differences, string? Problem) Compare()
    {
        var inForce = _inForce;
        var (text, problem) = Read();
        try
        {
            if (text is null)
            {
                return ([], problem);
            }

            var differences = ChangedIn(TopologyFile.Parse(inForce.File, text, overrides), inForce);
            return (differences, differences.Count > 0 ? _refusal : null);
        }
        catch (InvalidInputFileException e)
        {
            return ([], e.Message);
        }
    }

    /// <summary>With the roles of the registry that is in force, which say the models.</summary>
    private static string StampOf(string hash, Topology inForce)
    {
        try
        {
            return inForce.RegistryFolder is { } registry && ModelRegistry.RolesPathOf(registry) is var path && File.Exists(path) ? $"{hash} {File.ReadAllText(path)}" : hash;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return $"{hash} {e.Message}";
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

    private TopologyChange? Judge(Topology read)
    {
        var changed = ChangedIn(read, _inForce);
        var restart = changed.Where(difference => !difference.IsLive).Select(difference => difference.Key).ToList();
        if (restart.Count > 0)
        {
            logger.KeysNeedRestart(_inForce.File, string.Join(", ", restart));
        }

        var live = changed.Where(difference => difference.IsLive).Select(difference => $"{difference.Key} {difference.InForce} -> {difference.File}").ToList();
        return live.Count == 0 ? null : new TopologyChange(TopologyKeys.TakeLive(_inForce, read), string.Join(", ", live));
    }

    private List<TopologyDifference> ChangedIn(Topology read, Topology inForce)
    {
        var grown = inForce with { Regions = _grown };
        return [.. TopologyKeys.Of(read).Concat(TopologyKeys.Of(inForce)).DistinctBy(key => key.Name)
            .Where(key => key.Text(read) != key.Text(inForce) && key.Text(read) != key.Text(grown))
            .Select(key => key.IsSecret ? new TopologyDifference(key.Name, File: null, InForce: null, key.IsLiveIn(inForce)) : new TopologyDifference(key.Name, key.Text(read), key.Text(inForce), key.IsLiveIn(inForce)))];
    }
}
