using StreamScoring.Batches;

namespace StreamScoring.Expressions;

/// <summary>Tells evaluations apart: what is shared is evaluated once in each.</summary>
internal sealed class EvaluationRound
{
    public long Number { get; private set; }

    public void Next() => Number++;
}

/// <summary>
/// A part that several expressions have in common: the first one that asks in a round has it
/// evaluated, the others get the same column.
/// </summary>
internal sealed class SharedNode(Expression operand, EvaluationRound round) : Expression
{
    private long _numbersOf;
    private long _truthsOf;

    public override ExpressionType Type => operand.Type;

    public override ReadOnlySpan<double> Numbers(PaymentBatch batch)
    {
        if (_numbersOf == round.Number)
        {
            return operand.NumbersAgain(batch);
        }

        _numbersOf = round.Number;
        return operand.Numbers(batch);
    }

    public override TruthMask Truths(PaymentBatch batch)
    {
        if (_truthsOf == round.Number)
        {
            return operand.TruthsAgain(batch);
        }

        _truthsOf = round.Number;
        return operand.Truths(batch);
    }

    public override TextValues Texts(PaymentBatch batch) => operand.Texts(batch);
}
