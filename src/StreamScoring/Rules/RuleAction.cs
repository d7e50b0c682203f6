namespace StreamScoring.Rules;

/// <summary>
/// What a rule does with a payment, in order of precedence: the first of those that fired decides.
/// </summary>
public enum RuleAction : byte
{
    /// <summary>Blocks, whatever else fired.</summary>
    MustBlock,
    Allow,
    Block,
    Challenge,
    Review,
}
