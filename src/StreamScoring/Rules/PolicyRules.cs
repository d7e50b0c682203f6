namespace StreamScoring.Rules;

/// <summary>The rules of a policy.</summary>
/// <param name="World">What they are bound to; its attributes are the engine's, whatever they are
/// here.</param>
public sealed record PolicyRules(RuleFile File, RuleWorld World)
{
    /// <summary>Counts which rules fired; null where nobody counts.</summary>
    public RuleMeters? Meters { get; init; }
}
