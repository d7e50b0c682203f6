using StreamScoring.Contracts;

namespace StreamScoring.Features;

/// <summary>
/// What an aggregate is <c>of</c>: the amount, in its own currency or in the base currency, a text
/// field, or an attribute.
/// </summary>
/// <param name="AttributeIndex">Negative where it is no attribute.</param>
internal readonly record struct ValueSource(TextField? Field, int AttributeIndex)
{
    public static readonly ValueSource Amount = new(null, -1), AmountBase = new(null, -2);

    public bool IsAmount => Field is null && AttributeIndex == -1;

    public bool IsAmountBase => Field is null && AttributeIndex == -2;

    /// <summary>Units in which a value is folded, of one.</summary>
    public double Units => IsAmount || IsAmountBase ? ScaledValue.AmountUnits : ScaledValue.AttributeUnits;
}
