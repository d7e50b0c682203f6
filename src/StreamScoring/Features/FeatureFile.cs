using StreamScoring.Batches;
using StreamScoring.Expressions;

namespace StreamScoring.Features;

/// <summary>
/// A feature file: what is computed for each payment. The same file serves live scoring, replay and
/// training.
/// </summary>
public sealed class FeatureFile
{
    internal FeatureFile(
        string text, string hash, FeatureSchema schema, BatchLayout layout, IReadOnlyList<FeatureDefinition> features, IReadOnlyList<EntityDefinition> entities,
        IReadOnlyList<int> expressionOrder, long latenessMs, int exactEvents)
    {
        (Text, Hash, Schema, Layout, Features, Entities, ExpressionOrder, LatenessMs, ExactEvents) =
            (text, hash, schema, layout, features, entities, expressionOrder, latenessMs, exactEvents);
    }

    /// <summary>The file as it was read.</summary>
    public string Text { get; }

    /// <summary><c>sha256:</c> and the hash of the file's text.</summary>
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
            var reaches = Features.Where(feature => feature.Expression is null).Select(EntityLayout.ReachOf).DefaultIfEmpty(0).Max();
            return reaches == long.MaxValue ? null : TimeSpan.FromMilliseconds(reaches);
        }
    }

    /// <summary>Which payments a feature looks at, and of which entity.</summary>
    /// <returns>Null for an expression, which looks at the payment alone.</returns>
    public (string Entity, Window Window)? PastOf(int featureIndex) =>
        Features[featureIndex] is { Expression: null } feature ? (Entities[feature.Entity].Name, feature.Window) : null;

    /// <summary>How many events of a key are kept one by one.</summary>
    public int ExactEvents { get; }

    /// <summary>By entity, in order: what an event takes, and for how long it is kept.</summary>
    internal IReadOnlyList<EntityLayout> Layouts() =>
        [.. Entities.Select((entity, index) => new EntityLayout(entity, [.. Features.Where(feature => feature.Entity == index)], LatenessMs, ExactEvents))];
}
