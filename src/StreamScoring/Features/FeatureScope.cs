using StreamScoring.Contracts;
using StreamScoring.Expressions;

namespace StreamScoring.Features;

/// <summary>The names that expressions of a feature file may use: payment fields, attributes and, where allowed, features.</summary>
internal sealed class FeatureScope(IReadOnlyDictionary<string, int> features, bool mayUseFeatures) : IExpressionScope
{
    public const string AttributePrefix = "attributes.";

    private readonly List<string> _attributes = [];
    private readonly HashSet<TextField> _fields = [];

    /// <summary>Attributes asked for so far, in column order.</summary>
    public IReadOnlyList<string> Attributes => _attributes;

    /// <summary>Text fields whose hashes are looked at.</summary>
    public IReadOnlySet<TextField> HashedFields => _fields;

    /// <summary>Set while a filter is bound: it looks at a payment that may have been folded before, so it knows no features.</summary>
    public bool MayUseFeatures { get; set; } = mayUseFeatures;

    public IEnumerable<string> Names => ["amount", "event_time", .. TextFields.AllNames, .. MayUseFeatures ? features.Keys : []];

    public int AttributeIndex(string name)
    {
        var index = _attributes.IndexOf(name);
        if (index < 0)
        {
            index = _attributes.Count;
            _attributes.Add(name);
        }

        return index;
    }

    public void UseHash(TextField field) => _fields.Add(field);

    public Expression? Resolve(string name, bool wantsText)
    {
        if (name == "amount")
        {
            return new AmountNode();
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
            var index = AttributeIndex(name[AttributePrefix.Length..]);
            return wantsText ? new AttributeTextNode(index) : new AttributeNumberNode(index);
        }

        return MayUseFeatures && features.TryGetValue(name, out var featureIndex) ? new FeatureNode(featureIndex) : null;
    }
}
