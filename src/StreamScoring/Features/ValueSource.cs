using StreamScoring.Contracts;

namespace StreamScoring.Features;

/// <summary>What an aggregate is <c>of</c>: the amount, a text field, or an attribute.</summary>
/// <param name="AttributeIndex">-1 where it is no attribute.</param>
internal readonly record struct ValueSource(TextField? Field, int AttributeIndex)
{
    public static readonly ValueSource Amount = new(null, -1);

    public bool IsAmount => Field is null && AttributeIndex < 0;
}
