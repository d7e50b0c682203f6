using StreamScoring.Batches;

namespace StreamScoring.Expressions;

/// <summary>A time as a zone's clocks show it.</summary>
internal sealed class LocalTimeNode(Expression time, ZoneOffsets zone) : Expression
{
    public override ExpressionType Type => ExpressionType.Number;

    public override ReadOnlySpan<double> Numbers(PaymentBatch batch)
    {
        var times = time.Numbers(batch);
        var numbers = NumberBuffer(batch);
        for (var rowIndex = 0; rowIndex < numbers.Length; rowIndex++)
        {
            numbers[rowIndex] = EventClock.IsTime(times[rowIndex]) ? zone.ToLocal(times[rowIndex]) : double.NaN;
        }

        return numbers;
    }
}
