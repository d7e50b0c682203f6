using StreamScoring.Batches;
using StreamScoring.Expressions;

namespace StreamScoring.Features;

/// <summary>
/// A feature file: what is computed for each payment. The same file serves live scoring, replay and
/// training.
/// </summary>
public sealed class FeatureFile
{
    /// <summary>Null: all features are computed.</summary>
    private HashSet<int>? _kept;

    internal FeatureFile(
        string text, string hash, FeatureSchema schema, BatchLayout layout, IReadOnlyList<FeatureDefinition> features, IReadOnlyList<EntityDefinition> entities,
        IReadOnlyList<int> expressionOrder, long latenessMs, int exactEvents)
    {
        (Text, Hash, Schema, Layout, Features, Entities, ExpressionOrder, LatenessMs, ExactEvents) =
            (text, hash, schema, layout, features, entities, expressionOrder, latenessMs, exactEvents);
    }

    /// <summary>The file as it was read.</summary>
    public string Text { get; }

    /// <summary>
    /// <c>sha256:</c> and the hash of what the file says: of its definitions, not of its bytes.
    /// </summary>
    public string Hash { get; }

    public FeatureSchema Schema { get; }

    /// <summary>What a batch must hold for these features.</summary>
    public BatchLayout Layout { get; }

    /// <summary>By attribute that something looks at: what it is taken for.</summary>
    public required IReadOnlyDictionary<string, AttributeUse> AttributeUses { get; init; }

    /// <summary>
    /// Whether a feature looks at <c>amount_base</c>, the amount in the base currency of rates.
    /// </summary>
    public required bool UsesBaseAmount { get; init; }

    /// <summary>
    /// A value beyond it, on either side, does not fold into an aggregate of its attribute.
    /// </summary>
    public const double FoldedAttributeMax = ScaledValue.AttributeMax;

    /// <summary>
    /// Major units of the base currency: a payment of more folds into no aggregate of
    /// <c>amount_base</c>.
    /// </summary>
    public const double FoldedAmountMax = ScaledValue.AmountMax;

    /// <summary>
    /// Attributes whose values aggregates fold, by their number in <see cref="Layout"/>.
    /// </summary>
    public IReadOnlyList<int> FoldedAttributes =>
        [.. Layouts().SelectMany(layout => layout.Values).Select(value => value.AttributeIndex).Where(index => index >= 0).Distinct()];

    internal IReadOnlyList<FeatureDefinition> Features { get; }

    internal IReadOnlyList<EntityDefinition> Entities { get; }

    /// <summary>Features that are expressions, each behind those it uses.</summary>
    internal IReadOnlyList<int> ExpressionOrder { get; }

    /// <summary>
    /// How long beyond the longest window an entity's events are kept for payments that come late.
    /// </summary>
    internal long LatenessMs { get; }

    /// <summary>
    /// How far back from a payment its features look; null where one looks back for ever: to a
    /// key's first payment, or to its last one, however long ago that was.
    /// </summary>
    public TimeSpan? Reach
    {
        get
        {
            var reaches = Features.Select(ReachOf).DefaultIfEmpty(0).Max();
            return reaches == long.MaxValue ? null : TimeSpan.FromMilliseconds(reaches);
        }
    }

    /// <summary>
    /// Features that others look at when a payment is folded, decided or not: what an aggregate is
    /// of, or filters by, and what these are made of.
    /// </summary>
    internal IReadOnlySet<int> Folded
    {
        get
        {
            var folded = new HashSet<int>();
            foreach (var feature in Aggregates)
            {
                AddUses(feature, folded);
            }

            return folded;
        }
    }

    /// <summary>
    /// Aggregates that the aggregates of an entity look at, through expressions or not: where such
    /// a one is approximate, so is what is folded of it.
    /// </summary>
    internal IReadOnlyList<int> InputsOf(EntityLayout entity)
    {
        var inputs = new HashSet<int>();
        foreach (var feature in entity.Plans.Select(plan => plan.Feature))
        {
            AddUses(feature, inputs);
        }

        return [.. inputs.Where(index => Features[index].Expression is null).Order()];
    }

    private void AddUses(FeatureDefinition feature, HashSet<int> to)
    {
        foreach (var used in feature.Uses)
        {
            if (to.Add(used))
            {
                AddUses(Features[used], to);
            }
        }
    }

    /// <summary>What a feature looks at may look back itself.</summary>
    private long ReachOf(FeatureDefinition feature)
    {
        var own = feature.Expression is null ? EntityLayout.ReachOf(feature) : 0;
        var before = feature.Uses.Select(used => ReachOf(Features[used])).DefaultIfEmpty(0).Max();
        return own == long.MaxValue || before == long.MaxValue ? long.MaxValue : own + before;
    }

    /// <summary>Which payments a feature looks at, and of which entity.</summary>
    /// <returns>Null for an expression, which looks at the payment alone.</returns>
    public (string Entity, Window Window)? PastOf(int featureIndex) =>
        Features[featureIndex] is { Expression: null } feature ? (Entities[feature.Entity].Name, feature.Window) : null;

    /// <summary>Whether a feature changes with labels: itself, or by a feature that it looks at.
    /// </summary>
    public bool LooksAtLabels(int featureIndex) => Features[featureIndex] is var feature
        && (feature.IsByLabel || (feature.Expression is null && feature.Aggregate is Aggregate.Risk or Aggregate.FraudRun or Aggregate.SecondsSinceFraudRun) || feature.Uses.Any(LooksAtLabels));

    /// <summary>How many events of a key are kept one by one.</summary>
    public int ExactEvents { get; }

    /// <summary>
    /// What a payment takes in the tables of all entities, bytes. What a key itself takes, and the
    /// index of a busy one, come on top.
    /// </summary>
    public int BytesOfPayment => Layouts().Sum(layout => layout.Stride * sizeof(long));

    /// <summary>
    /// A file that computes some of the features alone, and those that they look at: to measure
    /// what they cost. Its schema, layout and hash stay.
    /// </summary>
    public FeatureFile Only(IEnumerable<string> names)
    {
        ArgumentNullException.ThrowIfNull(names);
        var kept = new HashSet<int>();
        foreach (var index in names.Select(Schema.IndexOf).Where(index => index >= 0 && kept.Add(index)))
        {
            AddUses(Features[index], kept);
        }

        return new FeatureFile(Text, Hash, Schema, Layout, Features, Entities, [.. ExpressionOrder.Where(kept.Contains)], LatenessMs, ExactEvents)
        {
            AttributeUses = AttributeUses,
            UsesBaseAmount = UsesBaseAmount,
            _kept = kept,
        };
    }

    /// <summary>By entity, in order: what an event takes, and for how long it is kept.</summary>
    internal IReadOnlyList<EntityLayout> Layouts() => [.. Entities.Select((entity, index) => (Entity: entity, Features: Aggregates.Where(feature => feature.Entity == index).ToList()))
        .Where(one => one.Features.Count > 0)
        .Select(one => new EntityLayout(_kept is null ? one.Entity : WithFiltersOf(one.Entity, one.Features), one.Features, LatenessMs, ExactEvents))];

    /// <summary>Features that are no expressions.</summary>
    private IEnumerable<FeatureDefinition> Aggregates => Features.Where(feature => feature.Expression is null && (_kept is null || _kept.Contains(feature.Index)));

    /// <summary>Without the filters that only others need.</summary>
    private static EntityDefinition WithFiltersOf(EntityDefinition entity, List<FeatureDefinition> features)
    {
        int[] used = [.. features.SelectMany(feature => new[] { feature.Filter, entity.Filters[feature.Filter].Base, feature.BreakFilter }).Distinct()];
        return entity with { Filters = [.. entity.Filters.Select((filter, index) => used.Contains(index) ? filter : FilterDefinition.None).Take(used.Max() + 1)] };
    }
}
