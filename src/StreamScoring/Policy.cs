using StreamScoring.Batches;
using StreamScoring.Decisions;
using StreamScoring.Emit;
using StreamScoring.Rules;
using StreamScoring.Scoring;

namespace StreamScoring;

/// <summary>
/// What turns features into decisions: models, thresholds, reasons. It never changes. Another one
/// takes its place between two batches (<see cref="Policies"/>), and it is freed when its last
/// batch has left it.
/// </summary>
public sealed class Policy : IBatchPolicy
{
    private readonly Policies _owner;
    private readonly IDisposable _lanesHold;

    internal Policy(Policies owner, PolicyParts parts, Shared<ScoringLanes> lanes, Decider decider, DecisionEncoder encoder, RuleProgram? rules, int attributeCount)
    {
        (_owner, Parts, SharedLanes, Decider, Encoder, Rules, AttributeCount) = (owner, parts, lanes, decider, encoder, rules, attributeCount);
        (Id, _lanesHold) = (parts.Id, lanes.Hold());
    }

    /// <summary><c>sha256:</c> and the hash of its parts: what decisions name.</summary>
    public string Id { get; }

    public PolicyParts Parts { get; }

    /// <summary>Those of the policy before it, where both score alike.</summary>
    public ScoringLanes Lanes => SharedLanes.Value;

    internal Shared<ScoringLanes> SharedLanes { get; }

    internal Decider Decider { get; }

    internal DecisionEncoder Encoder { get; }

    internal RuleProgram? Rules { get; }

    /// <summary>Columns of attributes that a batch must have for it.</summary>
    internal int AttributeCount { get; }

    /// <summary>
    /// Batches that are decided by it and still on their way. Under the owner's gate.
    /// </summary>
    internal int Leases { get; set; }

    internal void CountRules(PaymentBatch batch)
    {
        if (Rules is not null)
        {
            Parts.Rules?.Meters?.Decided(batch, Rules.MissingCount, Rules.Lists);
        }
    }

    /// <inheritdoc/>
    void IBatchPolicy.Release() => _owner.Release(this);

    /// <summary>Lets go of its lanes and its models. No batch is on its lanes.</summary>
    internal void Free()
    {
        _lanesHold.Dispose();
        Parts.Held?.Dispose();
    }
}
