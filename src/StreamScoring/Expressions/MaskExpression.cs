using StreamScoring.Batches;

namespace StreamScoring.Expressions;

/// <summary>
/// A condition that makes its rows' truths as bits. As numbers they are 1, 0 and NaN.
/// </summary>
internal abstract class MaskExpression : Expression
{
    public sealed override ExpressionType Type => ExpressionType.Truth;

    public sealed override ReadOnlySpan<double> Numbers(PaymentBatch batch)
    {
        var truths = Truths(batch);
        var numbers = NumberBuffer(batch);
        for (var rowIndex = 0; rowIndex < numbers.Length; rowIndex++)
        {
            var (word, bit) = (rowIndex / TruthMask.WordBits, rowIndex % TruthMask.WordBits);
            numbers[rowIndex] = (truths.Missing[word] >> bit & 1) != 0 ? double.NaN : truths.True[word] >> bit & 1;
        }

        return numbers;
    }
}
