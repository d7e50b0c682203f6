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
    private readonly ModelRests _rests;
    private readonly Lock _gate = new();

    /// <summary>A file and a log may change the policy at once.</summary>
    private readonly Lock _making = new();

    // Under the gate.
    private readonly HashSet<Policy> _held = [];
    private readonly List<Task> _freeing = [];

    /// <summary>Ready, and not in force yet; in the order in which they will be.</summary>
    private readonly List<Policy> _prepared = [];
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
        _rests = new ModelRests(clock, decisions.Failures);
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
    /// meanwhile under the policy before. Where it looks at attributes that
    /// were not decoded before, the first batch that has them is its first.
    /// </summary>
    /// <param name="parts">From here on the pipeline's; where it fails, what they hold is let go
    /// of.</param>
    public void Swap(PolicyParts parts) => PutInForce(Prepare(parts));

    /// <summary>
    /// Makes a policy ready to be put in force at once. Opening lanes takes a while: batches go on
    /// meanwhile.
    /// </summary>
    /// <inheritdoc cref="Swap"/>
    public Policy Prepare(PolicyParts parts)
    {
        Policy next;
        lock (_making)
        {
            try
            {
                next = Make(parts, Newest);
            }
            catch
            {
                parts.Held?.Dispose();
                throw;
            }
        }

        // Else the first batch that it decides would wait for that.
        _decisions.SchemasAhead?.Invoke(next.Encoder.Schemas);
        lock (_gate)
        {
            if (!_isOver)
            {
                if (_stopAfter is { } time)
                {
                    next.Lanes.StopAfter(time);
                }

                _held.Add(next);
                _prepared.Add(next);
                return next;
            }
        }

        // The graph ended meanwhile.
        next.Free();
        return next;
    }

    /// <summary>
    /// From the next batch on it decides; where it looks at attributes that were not decoded
    /// before, from the first batch on that has them.
    /// </summary>
    public void PutInForce(Policy policy)
    {
        lock (_gate)
        {
            if (!_prepared.Remove(policy))
            {
                // The graph ended meanwhile, and it is freed.
                return;
            }

            var unused = _next;
            _next = policy;
            if (unused is not null)
            {
                FreeIfLeft(unused);
            }

            TakeNext();
        }
    }

    /// <summary>The one whose lanes the next may share.</summary>
    private Policy Newest
    {
        get
        {
            lock (_gate)
            {
                return _prepared.Count > 0 ? _prepared[^1] : _next ?? _inForce;
            }
        }
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
            _prepared.Clear();
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
            _decisions.Failures?.Begins(next.Lanes.Rung);
            FreeIfLeft(before);
        }
    }

    private void FreeIfLeft(Policy policy)
    {
        if (policy == _inForce || policy == _next || _prepared.Contains(policy) || policy.Leases > 0 || !_held.Remove(policy))
        {
            return;
        }

        _rests.Retain(_held.SelectMany(held => held.Parts.Models).Select(served => served.Model));
        _freeing.RemoveAll(task => task.IsCompleted);
        // A model's thread may take a while to end, and whoever returned the last batch has others
        // to return.
        _freeing.Add(Task.Run(policy.Free));
    }

    private Policy Make(PolicyParts parts, Policy? before)
    {
        var layout = _layout.Grow(parts.Rules?.File.Uses.Attributes ?? []);
        var rules = parts.Rules is { } own ? new RuleProgram(own.File.Rules, own.World with { Attributes = layout.AttributeNames }) : null;
        var models = parts.Models;
        var decider = new Decider(parts.Thresholds, _decisions.Firsts, parts.Stamp.BudgetMs, [.. models.Select(served => served.Role == ModelRole.Fallback ? Rung.Small : Rung.Full)], rules);
        var encoder = new DecisionEncoder(parts.Stamp, [.. models.Select(StampOf)], ModelChoice.IndexOf(models, ModelRole.Champion), parts.Id, _logs, _clock, _decisions.Form == DecisionForm.BySchema, parts.Rules?.File.Rules ?? [],
            _decisions.PolicyLog is not null && parts.Rules is { File.Uses.Lists.Count: > 0 } ? lists => parts.IdBy(lists.Lists) : null);
        // Last, as what fails behind them would leave lanes open.
        var lanes = before is not null && before.Parts.ScoresLike(parts) ? before.SharedLanes : new Shared<ScoringLanes>(OpenLanes(parts));
        return new Policy(this, parts, lanes, decider, encoder, rules, layout.AttributeNames);
    }

    /// <summary>
    /// Whoever reads a decision is told by whose right the model decided: the one before the
    /// champion does so as champion, and the decision is flagged.
    /// </summary>
    private static ModelStamp StampOf(ServedModel served) =>
        new(served.Model.Name, served.Model.Version, served.Model.Engine, (served.Role == ModelRole.Previous ? ModelRole.Champion : served.Role).ToString().ToLowerInvariant());

    /// <summary>
    /// They have room for as many rows as a batch may ever have: that number changes while they
    /// run.
    /// </summary>
    private ScoringLanes OpenLanes(PolicyParts parts) => new(
        parts.Models, parts.Canary, _decisions.Lanes, PaymentBatch.RowsCeiling, _clock, _decisions.LanesMax, parts.Shadows, parts.Reasons, _decisions.Failures, _decisions.LateAnswers, _decisions.IsBusy,
        parts.HasLadder ? LadderOf(parts) : null, _decisions.CallMarks, _rests);

    private DeadlineLadder LadderOf(PolicyParts parts) => new(
        _clock, parts.Stamp.BudgetMs, parts.Champion.SecondsOf, parts.Models.FirstOrDefault(served => served.Role == ModelRole.Fallback) is { } small ? small.Model.SecondsOf : null,
        _decisions.Failures is { } told ? told.Stepped : null);
}
