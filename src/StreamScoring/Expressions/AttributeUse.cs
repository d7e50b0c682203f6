namespace StreamScoring.Expressions;

/// <summary>What a feature file takes an attribute for. A count of distinct values takes it as it
/// comes.</summary>
[Flags]
public enum AttributeUse
{
    None = 0,
    Number = 1,
    Text = 2,
}
