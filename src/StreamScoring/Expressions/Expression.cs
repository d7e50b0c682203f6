using StreamScoring.Batches;

namespace StreamScoring.Expressions;

/// <summary>
/// A bound expression. It is evaluated column by column: one call per node and batch, into a buffer
/// that the node keeps, so a row costs neither a virtual call nor an allocation. An instance is
/// used by one thread at a time.
/// </summary>
internal abstract class Expression
{
    private double[] _numbers = [];

    public abstract ExpressionType Type { get; }

    /// <summary>[rows] Values of a number or truth; a text's are not asked for.</summary>
    public virtual ReadOnlySpan<double> Numbers(PaymentBatch batch) => throw new InvalidOperationException($"{GetType().Name} is no number");

    /// <summary>[rows] A text's values, empty where they are missing.</summary>
    public virtual TextValues Texts(PaymentBatch batch) => throw new InvalidOperationException($"{GetType().Name} is no text");

    /// <summary>This node's own column of numbers.</summary>
    private protected Span<double> NumberBuffer(PaymentBatch batch)
    {
        if (_numbers.Length < batch.RowCount)
        {
            _numbers = new double[batch.RowsMax];
        }

        return _numbers.AsSpan(0, batch.RowCount);
    }
}
