using StreamScoring.Batches;
using StreamScoring.Contracts;

namespace StreamScoring.Expressions;

/// <summary>
/// A bound expression. It is evaluated column by column: one call per node and batch, into a buffer
/// that the node keeps, so a row costs neither a virtual call nor an allocation. An instance is
/// used by one thread at a time.
/// </summary>
internal abstract class Expression
{
    private double[] _numbers = [];
    private ulong[] _true = [];
    private ulong[] _missing = [];

    public abstract ExpressionType Type { get; }

    /// <summary>The payment's field that it is; null where it is none.</summary>
    public virtual TextField? Field => null;

    /// <summary>[rows] Values of a number or truth; a text's are not asked for.</summary>
    public virtual ReadOnlySpan<double> Numbers(PaymentBatch batch) => throw new InvalidOperationException($"{GetType().Name} is no number");

    /// <summary>[rows] A text's values, empty where they are missing.</summary>
    public virtual TextValues Texts(PaymentBatch batch) => throw new InvalidOperationException($"{GetType().Name} is no text");

    /// <summary>[rows] Of a truth. A number counts as true where it is not 0.</summary>
    public virtual TruthMask Truths(PaymentBatch batch)
    {
        var numbers = Numbers(batch);
        var masks = MaskBuffers(batch);
        for (var rowIndex = 0; rowIndex < numbers.Length; rowIndex++)
        {
            masks.Add(numbers[rowIndex] != 0, double.IsNaN(numbers[rowIndex]));
        }

        return masks.Finish();
    }

    /// <summary>What <see cref="Numbers"/> gave for the same batch before.</summary>
    internal ReadOnlySpan<double> NumbersAgain(PaymentBatch batch) => NumberBuffer(batch);

    /// <summary>What <see cref="Truths"/> gave for the same batch before.</summary>
    internal TruthMask TruthsAgain(PaymentBatch batch) => MaskBuffers(batch).Whole;

    /// <summary>This node's own column of numbers.</summary>
    private protected Span<double> NumberBuffer(PaymentBatch batch)
    {
        if (_numbers.Length < batch.RowCount)
        {
            _numbers = new double[batch.RowsMax];
        }

        return _numbers.AsSpan(0, batch.RowCount);
    }

    /// <summary>
    /// This node's own bits, for true rows and for missing ones; they hold leftovers.
    /// </summary>
    private protected MaskBuffer MaskBuffers(PaymentBatch batch)
    {
        var words = TruthMask.Words(batch.RowCount);
        if (_true.Length < words)
        {
            var most = TruthMask.Words(batch.RowsMax);
            (_true, _missing) = (new ulong[most], new ulong[most]);
        }

        return new MaskBuffer(_true.AsSpan(0, words), _missing.AsSpan(0, words));
    }
}
