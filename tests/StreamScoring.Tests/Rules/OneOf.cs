using CsCheck;

namespace StreamScoring.Tests.Rules;

internal static class OneOf
{
    /// <summary>One of some values, the first the plainest.</summary>
    public static Gen<T> Values<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);
}
