using StreamScoring.Batches;
using StreamScoring.Decisions;
using StreamScoring.Emit;
using StreamScoring.Quality;
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
    private readonly IReadOnlyList<string> _attributes;

    internal Policy(Policies owner, PolicyParts parts, Shared<ScoringLanes> lanes, Decider decider, DecisionEncoder encoder, RuleProgram? rules, IReadOnlyList<string> attributes)
    {
        (_owner, Parts, SharedLanes, Decider, Encoder, Rules, _attributes) = (owner, parts, lanes, decider, encoder, rules, attributes);
        (Id, _lanesHold) = (parts.Id, lanes.Hold());
        Outcomes = new OutcomeIndex(parts.Models, [.. parts.Shadows.Models.Select(shadow => shadow.Id)], parts.Thresholds, parts.Rules?.File.Rules ?? []);
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

    /// <summary>Of its payments, for the thread that acknowledges.</summary>
    internal OutcomeIndex Outcomes { get; }

    /// <summary>Columns of attributes that a batch must have for it.</summary>
    internal int AttributeCount => _attributes.Count;

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

    /// <summary>What one of its rules saw of a payment.</summary>
    /// <param name="ruleIndex">Its place in the file.</param>
    /// <param name="batch">Decided by this policy.</param>
    /// <returns>By what the rule looks at: a number, a text, or null where it is missing; of
    /// <c>@list</c>, whether what is looked for stands in it.</returns>
    public IReadOnlyList<KeyValuePair<string, object?>> ValuesOf(int ruleIndex, PaymentBatch batch, int rowIndex)
    {
        Invariant.Require(Parts.Rules is not null);
        return RuleValues.Of(Parts.Rules.World with { Attributes = _attributes }, Parts.Rules.File.Rules[ruleIndex], batch, rowIndex);
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
