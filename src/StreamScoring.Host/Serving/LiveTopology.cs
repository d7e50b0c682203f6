using Microsoft.Extensions.Logging;
using Prometheus;
using StreamScoring.Control;
using StreamScoring.Deployment;

namespace StreamScoring.Host.Serving;

/// <summary>
/// Takes a changed topology file over while the process runs: all of its live keys, or none; and
/// changed files of rules and lists, all of them or none. They are loaded beside the graph, which
/// decides by the ones before meanwhile.
/// </summary>
internal sealed class LiveTopology : IDisposable
{
    private readonly TopologyWatch _file;
    private readonly PolicyFiles _policies;
    private readonly Counter _changes;
    private readonly Counter _ruleChanges;
    private readonly RuleWatch _rules;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stopping = new();
    private Pending? _pending;

    /// <summary>
    /// The topology file was refused: what was wrong may be the rules that it names.
    /// </summary>
    private bool _wasRefused;
    private Task _taking = Task.CompletedTask;

    public LiveTopology(TopologyWatch file, RuleWatch rules, PolicyFiles policies, CollectorRegistry registry, ILogger logger)
    {
        (_file, _rules, _policies, _logger) = (file, rules, policies, logger);
        _ruleChanges = Metrics.WithCustomRegistry(registry).CreateCounter(
            "scoring_rule_changes_total", "Changes of the files of rules and lists that were seen, by whether they are in force.", ["outcome"]);
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
        if (_pending is null && Seen(inForce) is { } seen)
        {
            _pending = seen;
            _taking = Task.Run(() => Take(seen.Target, pipeline, _stopping.Token), CancellationToken.None);
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

    private Pending? Seen(Topology inForce)
    {
        var change = _file.Look();
        return change is not null || (inForce.Control is null && _rules.Look(inForce)) ? Of(change) : null;

        Pending Of(TopologyChange? taken)
        {
            var target = taken is null ? inForce : TopologyKeys.TakeLive(inForce, taken.Target);
            // Before the files are read: a change meanwhile is one that the next look sees.
            return new Pending(target, taken, RuleWatch.StampOf(target));
        }
    }

    private void Take(Topology target, Pipeline pipeline, CancellationToken cancel)
    {
        if (target.Control is not null)
        {
            TakeOfLog(target, pipeline);
            return;
        }

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

    /// <summary>
    /// The log may bring another policy meanwhile, which must not be left behind.
    /// </summary>
    private void TakeOfLog(Topology topology, Pipeline pipeline)
    {
        ControlState of;
        do
        {
            of = pipeline.State.Applied;
            pipeline.Take(_policies.PolicyOf(topology, of, TimeSpan.Zero, _stopping.Token));
        }
        while (pipeline.State.Applied != of);
    }

    /// <returns>The policy's id.</returns>
    private string TakeLoaded(Topology topology, Pipeline pipeline)
    {
        if (topology.Control is not null)
        {
            // It was taken, and to make it again may take a while.
            return pipeline.PolicyId;
        }

        var parts = _policies.PolicyOf(topology);
        pipeline.Take(parts);
        return parts.Id;
    }

    private Topology? Finish(Pending pending, Pipeline pipeline)
    {
        _pending = null;
        var isTaken = _taking.IsCompletedSuccessfully;
        var policy = "";
        if (isTaken)
        {
            // The graph may have been started over meanwhile, with the policy of before.
            policy = TakeLoaded(pending.Target, pipeline);
        }

        var problem = isTaken ? null : _taking.Exception?.InnerException?.Message ?? "loading was given up";
        if (pending.Change is not { } change)
        {
            FinishRules(problem, policy);
            if (_wasRefused)
            {
                _wasRefused = false;
                _file.JudgeAgain();
            }

            return null;
        }

        if (problem is not null)
        {
            _wasRefused = true;
            _file.Refused(problem);
            return null;
        }

        _wasRefused = false;
        _rules.Judged(pending.Stamp);
        _changes.WithLabels("taken").Inc();
        _file.Took(change with { Target = pending.Target });
        return pending.Target;
    }

    private void FinishRules(string? problem, string policy)
    {
        _ruleChanges.WithLabels(problem is null ? "taken" : "refused").Inc();
        if (problem is not null)
        {
            _logger.RulesRefused(problem);
        }
        else if (_policies.Rules is { } rules)
        {
            _logger.RulesTaken(rules.File.Rules.Count, rules.World.Lists?.Count ?? 0, policy);
        }
    }

    /// <summary>A change that is being taken.</summary>
    /// <param name="Change">Of the topology file; null where only files that it names
    /// changed.</param>
    /// <param name="Stamp">Of the files of rules, before they were read.</param>
    private sealed record Pending(Topology Target, TopologyChange? Change, string Stamp);
}
