using StreamScoring.Batches;
using StreamScoring.Decisions;
using StreamScoring.Emit;
using StreamScoring.Logs;
using StreamScoring.Rules;
using StreamScoring.Scoring;

namespace StreamScoring;

/// <summary>
/// The policy in force, and those before it that batches have not left yet. A batch leases the one
/// in force when its features are there, in the order of the batches, so no log's decisions go back
/// to an older one.
/// </summary>
public sealed class Policies : IDisposable
{
    private readonly DecisionParts _decisions;
    private readonly LogTable _logs;
    private readonly TimeProvider _clock;
    private readonly GrowingLayout _layout;
    private readonly Lock _gate = new();

    // Under the gate.
    private readonly HashSet<Policy> _held = [];
    private readonly List<Task> _freeing = [];
    private Policy _inForce;

    /// <summary>
    /// Waits for the first batch that was decoded with all attributes that it looks at; null where
    /// none waits.
    /// </summary>
    private Policy? _next;
    private int _attributesThere;
    private TimeSpan? _stopAfter;
    private bool _isOver;

    internal Policies(DecisionParts decisions, LogTable logs, TimeProvider clock, GrowingLayout layout)
    {
        (_decisions, _logs, _clock, _layout) = (decisions, logs, clock, layout);
        _inForce = Make(decisions.Policy, before: null);
        _held.Add(_inForce);
        _attributesThere = _inForce.AttributeCount;
    }

    /// <summary>What decides the next batch.</summary>
    public Policy InForce
    {
        get
        {
            lock (_gate)
            {
                return _inForce;
            }
        }
    }

    /// <summary>Policies that are not freed yet.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _held.Count;
            }
        }
    }

    /// <summary>
    /// Makes a policy ready and puts it in force. Opening lanes takes a while: batches go on
    /// meanwhile under the policy before. One caller at a time. Where it looks at attributes that
    /// were not decoded before, the first batch that has them is its first.
    /// </summary>
    /// <param name="parts">From here on the pipeline's; where it fails, what they hold is let go
    /// of.</param>
    public void Swap(PolicyParts parts)
    {
        Policy next;
        try
        {
            next = Make(parts, InForce);
        }
        catch
        {
            parts.Held?.Dispose();
            throw;
        }

        lock (_gate)
        {
            if (!_isOver)
            {
                if (_stopAfter is { } time)
                {
                    next.Lanes.StopAfter(time);
                }

                _held.Add(next);
                var unused = _next;
                _next = next;
                if (unused is not null)
                {
                    FreeIfLeft(unused);
                }

                TakeNext();
                return;
            }
        }

        // The graph ended meanwhile.
        next.Free();
    }

    /// <summary>
    /// From now on models have so long in all (<see cref="ScoringLanes.StopAfter"/>).
    /// </summary>
    public void StopAfter(TimeSpan time)
    {
        lock (_gate)
        {
            _stopAfter = time;
            foreach (var policy in _held)
            {
                policy.Lanes.StopAfter(time);
            }
        }
    }

    /// <summary>The graph is over: batches on lanes fail, soon.</summary>
    public void Abandon()
    {
        lock (_gate)
        {
            _isOver = true;
            foreach (var policy in _held)
            {
                policy.Lanes.Abandon();
            }
        }
    }

    /// <summary>
    /// Frees all policies. The graph is over: batches that have not left theirs never will.
    /// </summary>
    public void Dispose()
    {
        Abandon();
        List<Policy> held;
        List<Task> freeing;
        lock (_gate)
        {
            (held, freeing) = ([.. _held], [.. _freeing]);
            _held.Clear();
        }

        held.ForEach(policy => policy.Free());
        Task.WaitAll(freeing);
    }

    /// <summary>A batch is decided by the policy in force, until the batch is cleared.</summary>
    /// <param name="attributeCount">Columns of attributes that the batch was decoded with.</param>
    internal Policy Lease(int attributeCount)
    {
        lock (_gate)
        {
            _attributesThere = Math.Max(_attributesThere, attributeCount);
            TakeNext();
            _inForce.Leases++;
            return _inForce;
        }
    }

    internal void Release(Policy policy)
    {
        lock (_gate)
        {
            policy.Leases--;
            Invariant.Require(policy.Leases >= 0);
            FreeIfLeft(policy);
        }
    }

    private void TakeNext()
    {
        if (_next is { } next && next.AttributeCount <= _attributesThere)
        {
            (var before, _inForce, _next) = (_inForce, next, null);
            FreeIfLeft(before);
        }
    }

    private void FreeIfLeft(Policy policy)
    {
        if (policy == _inForce || policy == _next || policy.Leases > 0 || !_held.Remove(policy))
        {
            return;
        }

        _freeing.RemoveAll(task => task.IsCompleted);
        // A model's thread may take a while to end, and whoever returned the last batch has others
        // to return.
        _freeing.Add(Task.Run(policy.Free));
    }

    private Policy Make(PolicyParts parts, Policy? before)
    {
        var layout = _layout.Grow(parts.Rules?.File.Uses.Attributes ?? []);
        var rules = parts.Rules is { } own ? new RuleProgram(own.File.Rules, own.World with { Attributes = layout.AttributeNames }) : null;
        var decider = new Decider(parts.Thresholds, _decisions.Firsts, parts.Stamp.BudgetMs, rules);
        var encoder = new DecisionEncoder(parts.Stamp, parts.Id, _logs, _clock, _decisions.Form == DecisionForm.BySchema, parts.Rules?.File.Rules ?? []);
        // Last, as what fails behind them would leave lanes open.
        var lanes = before is not null && before.Parts.ScoresLike(parts) ? before.SharedLanes : new Shared<ScoringLanes>(OpenLanes(parts));
        return new Policy(this, parts, lanes, decider, encoder, rules, layout.AttributeNames.Count);
    }

    /// <summary>
    /// They have room for as many rows as a batch may ever have: that number changes while they
    /// run.
    /// </summary>
    private ScoringLanes OpenLanes(PolicyParts parts) => new(
        parts.Champion, parts.Columns, _decisions.Lanes, PaymentBatch.RowsCeiling, _clock, _decisions.LanesMax, parts.Shadows, parts.Reasons, _decisions.Failures);
}
