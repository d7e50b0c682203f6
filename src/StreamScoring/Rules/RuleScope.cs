using System.Text;
using StreamScoring.Batches;
using StreamScoring.Expressions;
using StreamScoring.Features;
using StreamScoring.Identity;
using StreamScoring.Lists;

namespace StreamScoring.Rules;

/// <summary>
/// The names that rules may use: payment fields, attributes, features, the verdict as far as it is
/// known when rules are asked, lists and shadow models.
/// </summary>
internal sealed class RuleScope(RuleWorld world) : IExpressionScope
{
    /// <summary>They come before features of the same name.</summary>
    private static readonly Dictionary<string, Func<RuleScope, Expression>> Verdict = new(StringComparer.Ordinal)
    {
        ["score"] = static _ => new ScoreNode(),
        ["probability"] = static _ => new ProbabilityNode(),
        ["level"] = static _ => new LevelNode(),
        ["rung"] = static _ => new RungNode(),
        ["model"] = static scope => new ModelNode(scope.ModelNames),
    };

    private readonly FeatureScope _fields = new(new Dictionary<string, int>(), mayUseFeatures: false, world.Attributes);
    private readonly Dictionary<string, ListUse> _lists = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ListSlot> _slots = new(StringComparer.Ordinal);
    private byte[][]? _modelNames;
    private readonly SortedSet<string> _features = new(StringComparer.Ordinal);

    /// <summary>[256] By what a batch says of a row; empty where that is no model.</summary>
    private byte[][] ModelNames => _modelNames ??= [.. Enumerable.Range(0, PaymentBatch.NoModel + 1).Select(i => i < world.Models.Count ? Encoding.UTF8.GetBytes(world.Models[i]) : [])];

    public IEnumerable<string> Names => [.. _fields.Names.Where(name => name != FeatureScope.BaseAmount || world.Rates is not null), .. Verdict.Keys, .. world.Schema.Names];

    public CurrencyRates? Rates => world.Rates;

    public IEnumerable<string> ListNames => world.ListNames ?? [];

    public IEnumerable<string> ShadowNames => world.Shadows ?? [];

    public Expression? Resolve(string name, bool wantsText)
    {
        if (Verdict.TryGetValue(name, out var make))
        {
            return make(this);
        }

        if (name == FeatureScope.BaseAmount)
        {
            return world.Rates is { } rates ? new BaseAmountNode(new AmountNode(), rates) : null;
        }

        if (_fields.Resolve(name, wantsText) is { } field)
        {
            return field;
        }

        var featureIndex = world.Schema.IndexOf(name);
        if (featureIndex < 0)
        {
            return null;
        }

        _features.Add(name);
        return world.Schema.IsText(featureIndex) ? new FeatureTextNode(featureIndex) : new FeatureNode(featureIndex);
    }

    public string? WhyNot(string name) => name == FeatureScope.BaseAmount ? "amount_base needs to know what currencies are worth; add rates: FILE to the topology, or --rates FILE" : null;

    public Expression? ResolveMissing(string name) => _fields.ResolveMissing(name);

    public IdentityHash Hashing => world.Hashing;

    /// <summary>By name: the lists that rules are bound to.</summary>
    public IReadOnlyDictionary<string, ListSlot> Slots => _slots;

    public ListSlot? List(string name, ListUse use)
    {
        if (world.ListNames is { } known && !known.Contains(name))
        {
            return null;
        }

        _lists[name] = _lists.GetValueOrDefault(name) | use;
        if (!_slots.TryGetValue(name, out var slot))
        {
            var list = world.Lists is null ? EntryList.Empty(name, world.Hashing) : world.Lists.GetValueOrDefault(name);
            slot = list is null ? null : _slots[name] = new ListSlot(name, list);
        }

        return slot;
    }

    public Expression? Shadow(string name)
    {
        var index = world.Shadows is null ? 0 : world.IndexOfShadow(name);
        return index < 0 ? null : new ShadowNode(index);
    }

    /// <summary>Once all rules are bound: what they look at.</summary>
    public RuleUses Settle()
    {
        _fields.SettleMissing();
        var uses = _fields.Attributes.Zip(_fields.AttributeUses).Where(pair => pair.Second != AttributeUse.None || !world.Attributes.Contains(pair.First));
        return new RuleUses(_fields.Attributes, uses.ToDictionary(StringComparer.Ordinal), [.. _features], _lists);
    }
}
