using StreamScoring.Batches;

namespace StreamScoring.Expressions;

/// <summary>A comparison of two texts in UTF-8, neither of which is missing.</summary>
internal interface ITextComparison
{
    static abstract bool Invoke(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right);
}

internal readonly struct TextEqual : ITextComparison
{
    public static bool Invoke(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right) => left.SequenceEqual(right);
}

internal readonly struct TextNotEqual : ITextComparison
{
    public static bool Invoke(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right) => !left.SequenceEqual(right);
}

internal readonly struct StartsWith : ITextComparison
{
    public static bool Invoke(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right) => left.StartsWith(right);
}

internal readonly struct EndsWith : ITextComparison
{
    public static bool Invoke(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right) => left.EndsWith(right);
}

internal readonly struct Contains : ITextComparison
{
    public static bool Invoke(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right) => left.IndexOf(right) >= 0;
}

internal readonly struct Like : ITextComparison
{
    public static bool Invoke(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right) => Wildcards.Match(left, right);
}

/// <summary>Compares two texts; missing where either is.</summary>
internal sealed class TextComparisonNode<TComparison>(Expression left, Expression right) : MaskExpression
    where TComparison : struct, ITextComparison
{
    public override TruthMask Truths(PaymentBatch batch)
    {
        var lefts = left.Texts(batch);
        var rights = right.Texts(batch);
        var masks = MaskBuffers(batch);
        for (var rowIndex = 0; rowIndex < batch.RowCount; rowIndex++)
        {
            var a = lefts[rowIndex];
            var b = rights[rowIndex];
            var isMissing = a.IsEmpty || b.IsEmpty;
            masks.Add(!isMissing && TComparison.Invoke(a, b), isMissing);
        }

        return masks.Finish();
    }
}
