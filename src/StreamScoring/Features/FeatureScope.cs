using StreamScoring.Contracts;
using StreamScoring.Expressions;

namespace StreamScoring.Features;

/// <summary>
/// The names that expressions of a feature file may use: payment fields, attributes and, where
/// allowed, features.
/// </summary>
/// <param name="attributes">Attributes that have a column anyway, in column order.</param>
internal sealed class FeatureScope(IReadOnlyDictionary<string, int> features, bool mayUseFeatures, IReadOnlyList<string>? attributes = null) : IExpressionScope
{
    public const string AttributePrefix = "attributes.", BaseAmount = "amount_base", CurrentPrefix = "current.";

    private readonly List<string> _attributes = [.. attributes ?? []];
    private readonly List<AttributeUse> _uses = [.. (attributes ?? []).Select(_ => AttributeUse.None)];
    private readonly List<AttributeMissingNode> _missingNodes = [];
    private readonly HashSet<TextField> _fields = [];

    /// <summary>Attributes asked for so far, in column order.</summary>
    public IReadOnlyList<string> Attributes => _attributes;

    /// <summary>By attribute: what it was asked for as.</summary>
    public IReadOnlyList<AttributeUse> AttributeUses => _uses;

    /// <summary>Text fields whose hashes are looked at.</summary>
    public IReadOnlySet<TextField> HashedFields => _fields;

    /// <summary>Whether something looks at the amount in the base currency.</summary>
    public bool UsesBaseAmount { get; private set; }

    public IEnumerable<string> Names => ["amount", BaseAmount, "event_time", .. TextFields.AllNames, .. mayUseFeatures ? features.Keys : []];

    public int AttributeIndex(string name, AttributeUse use)
    {
        var index = _attributes.IndexOf(name);
        if (index < 0)
        {
            index = _attributes.Count;
            _attributes.Add(name);
            _uses.Add(AttributeUse.None);
        }

        _uses[index] |= use;
        return index;
    }

    /// <summary>An aggregate is of the amount in the base currency.</summary>
    public void UseBaseAmount() => UsesBaseAmount = true;

    public void UseHash(TextField field) => _fields.Add(field);

    public Expression? Resolve(string name, bool wantsText)
    {
        if (name == "amount")
        {
            return new AmountNode();
        }

        if (name == BaseAmount)
        {
            UseBaseAmount();
            return new FoldedBaseAmountNode();
        }

        if (name == "event_time")
        {
            return new EventTimeNode();
        }

        if (TextFields.TryParse(name, out var field))
        {
            return new TextFieldNode(field);
        }

        if (name.StartsWith(AttributePrefix, StringComparison.Ordinal) && name.Length > AttributePrefix.Length)
        {
            var index = AttributeIndex(name[AttributePrefix.Length..], wantsText ? AttributeUse.Text : AttributeUse.Number);
            return wantsText ? new AttributeTextNode(index) : new AttributeNumberNode(index);
        }

        return mayUseFeatures && features.TryGetValue(name, out var featureIndex) ? new FeatureNode(featureIndex) : null;
    }

    public string? WhyNot(string name) => name.StartsWith(CurrentPrefix, StringComparison.Ordinal)
        ? $"{name} is the payment's that is decided, and goes with == alone, as a part of where: merchant_id == current.merchant_id and …" : null;

    public Expression? ResolveMissing(string name)
    {
        if (!name.StartsWith(AttributePrefix, StringComparison.Ordinal) || name.Length == AttributePrefix.Length)
        {
            return null;
        }

        var node = new AttributeMissingNode(AttributeIndex(name[AttributePrefix.Length..], AttributeUse.None));
        _missingNodes.Add(node);
        return node;
    }

    /// <summary>Once everything is bound: only then is known what an attribute has to be for it not
    /// to be missing.</summary>
    public void SettleMissing()
    {
        foreach (var node in _missingNodes)
        {
            node.Use = _uses[node.AttributeIndex];
        }
    }
}
