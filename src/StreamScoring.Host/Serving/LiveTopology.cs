using Prometheus;
using StreamScoring.Deployment;

namespace StreamScoring.Host.Serving;

/// <summary>
/// Takes a changed topology file over while the process runs: all of its live keys, or none. Models
/// are loaded beside the graph, which decides by the ones before meanwhile.
/// </summary>
internal sealed class LiveTopology : IDisposable
{
    private readonly TopologyWatch _file;
    private readonly PolicyFiles _policies;
    private readonly Counter _changes;
    private readonly CancellationTokenSource _stopping = new();
    private TopologyChange? _pending;
    private Task _taking = Task.CompletedTask;

    public LiveTopology(TopologyWatch file, PolicyFiles policies, CollectorRegistry registry)
    {
        (_file, _policies) = (file, policies);
        _changes = Metrics.WithCustomRegistry(registry).CreateCounter(
            "scoring_topology_changes_total", "Changes of the topology file that were seen, by whether their live keys are in force.", ["outcome"]);
    }

    /// <inheritdoc cref="TopologyWatch.Grew"/>
    public void Grew(IReadOnlyList<RegionTopology> regions) => _file.Grew(regions);

    /// <summary>Looks at the file, and at how far a change is that is being taken.</summary>
    /// <returns>What is in force from now on; null where that is as before.</returns>
    public Topology? Look(Topology inForce, Pipeline pipeline)
    {
        // One change at a time: one that was loaded and not yet said to be in force must not be
        // left behind by a later one that is refused.
        if (_pending is null && _file.Look() is { } change)
        {
            var target = TopologyKeys.TakeLive(inForce, change.Target);
            _pending = change with { Target = target };
            _taking = Task.Run(() => Take(target, pipeline, _stopping.Token), CancellationToken.None);
        }

        var taken = _pending is { } pending && _taking.IsCompleted ? Finish(pending, pipeline) : null;
        _changes.WithLabels("refused").IncTo(_file.Refusals);
        return taken;
    }

    public void Dispose()
    {
        _stopping.Cancel();
        _taking.ContinueWith(_ => { }, TaskScheduler.Default).Wait();
        _stopping.Dispose();
    }

    private void Take(Topology target, Pipeline pipeline, CancellationToken cancel)
    {
        var (policy, files) = _policies.Load(target, cancel);
        try
        {
            pipeline.Take(policy);
        }
        catch
        {
            files.Dispose();
            throw;
        }

        _policies.Take(files);
    }

    private Topology? Finish(TopologyChange change, Pipeline pipeline)
    {
        _pending = null;
        if (!_taking.IsCompletedSuccessfully)
        {
            _file.Refused(_taking.Exception?.InnerException?.Message ?? "loading was given up");
            return null;
        }

        // The graph may have been started over meanwhile, with the thresholds of before.
        pipeline.Take(_policies.PolicyOf(change.Target));
        _changes.WithLabels("taken").Inc();
        _file.Took(change);
        return change.Target;
    }
}
