using StreamScoring.Contracts;

namespace StreamScoring.Features;

/// <summary>
/// What an aggregate is <c>of</c>: the amount, in its own currency or in the base currency, a text
/// field, an attribute, or a feature of the payment that was computed before.
/// </summary>
/// <param name="AttributeIndex">Negative where it is no attribute.</param>
/// <param name="FeatureIndex">Negative where it is no feature.</param>
/// <param name="IsDerived">Whether it follows from what was folded before the payment, and not from
/// the payment's record alone.</param>
internal readonly record struct ValueSource(TextField? Field, int AttributeIndex, int FeatureIndex = -1, bool IsDerived = false)
{
    private const int NoAttribute = -3;

    public static readonly ValueSource Amount = new(null, -1), AmountBase = new(null, -2);

    public static ValueSource OfFeature(int featureIndex, bool isDerived) => new(null, NoAttribute, featureIndex, isDerived);

    public bool IsFeature => FeatureIndex >= 0;

    public bool IsAmount => Field is null && AttributeIndex == -1;

    public bool IsAmountBase => Field is null && AttributeIndex == -2;

    /// <summary>Units in which a value is folded, of one.</summary>
    public double Units => IsAmount || IsAmountBase ? ScaledValue.AmountUnits : ScaledValue.AttributeUnits;
}
