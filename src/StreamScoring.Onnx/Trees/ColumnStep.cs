namespace StreamScoring.Onnx.Trees;

/// <summary>
/// One operation on a column, in doubles. What a graph computes in floats is one of these and then
/// <see cref="ColumnOperator.Round"/>, which gives the same to the last bit.
/// </summary>
/// <param name="Operand">The right one; of no meaning to
/// <see cref="ColumnOperator.Round"/>.</param>
/// <remarks>
/// A double has more than twice a float's digits and two more, so that rounding twice is rounding
/// once: S. Figueroa, When is double rounding innocuous?, SIGNUM Newsletter 30, 1995.
/// </remarks>
internal readonly record struct ColumnStep(ColumnOperator Operator, double Operand)
{
    public static readonly ColumnStep Round = new(ColumnOperator.Round, 0);

    /// <param name="column">[rows] Updated in place.</param>
    public void Apply(Span<double> column)
    {
        var operand = Operand;
        switch (Operator)
        {
            case ColumnOperator.Round:
                foreach (ref var value in column)
                {
                    value = (float)value;
                }

                break;
            case ColumnOperator.Add:
                foreach (ref var value in column)
                {
                    value += operand;
                }

                break;
            case ColumnOperator.Subtract:
                foreach (ref var value in column)
                {
                    value -= operand;
                }

                break;
            case ColumnOperator.Multiply:
                foreach (ref var value in column)
                {
                    value *= operand;
                }

                break;
            default:
                foreach (ref var value in column)
                {
                    value /= operand;
                }

                break;
        }
    }

    /// <summary>
    /// About what the value was before: where rows are sought that come out near a threshold.
    /// </summary>
    public double Undo(double value) => Operator switch
    {
        ColumnOperator.Add => value - Operand,
        ColumnOperator.Subtract => value + Operand,
        ColumnOperator.Multiply => value / Operand,
        ColumnOperator.Divide => value * Operand,
        _ => value,
    };
}
