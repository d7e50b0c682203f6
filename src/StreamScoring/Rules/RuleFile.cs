using StreamScoring.Expressions;
using StreamScoring.Lists;

namespace StreamScoring.Rules;

/// <summary>A file of rules, checked against a feature file. It never changes.</summary>
public sealed class RuleFile
{
    internal RuleFile(string hash, IReadOnlyList<Rule> rules, RuleUses uses) => (Hash, Rules, Uses) = (hash, rules, uses);

    /// <summary><c>sha256:</c> and the hash of the file's text.</summary>
    public string Hash { get; }

    /// <summary>In the file's order.</summary>
    public IReadOnlyList<Rule> Rules { get; }

    public RuleUses Uses { get; }
}

/// <summary>What rules look at.</summary>
/// <param name="Attributes">Columns of attributes: those of the feature file, then what only rules
/// look at.</param>
/// <param name="AttributeUses">By attribute that a rule looks at: what it is taken for.</param>
/// <param name="Features">Names of the features that rules look at, sorted.</param>
/// <param name="Lists">By list: what is looked for in it.</param>
public sealed record RuleUses(
    IReadOnlyList<string> Attributes, IReadOnlyDictionary<string, AttributeUse> AttributeUses, IReadOnlyList<string> Features, IReadOnlyDictionary<string, ListUse> Lists);
