namespace StreamScoring.Onnx.Trees;

/// <summary>
/// From aggregates to outputs: base values and the post transform, in floats and in the forms that
/// ONNX Runtime computes.
/// </summary>
internal sealed class TreeScores(TreeEnsemble ensemble)
{
    private readonly float[] _baseValues = [.. ensemble.BaseValues];
    private readonly int _treeCount = ensemble.Trees.Count;

    /// <param name="aggregates">[targets, 32]</param>
    /// <param name="outputs">[outputs] Filled with those of one row.</param>
    public void Finish(ReadOnlySpan<float> aggregates, int row, Span<float> outputs)
    {
        for (var target = 0; target < _baseValues.Length; target++)
        {
            outputs[target] = WithBase(aggregates[(target * RowBlock.RowsMax) + row], _baseValues[target]);
        }

        switch (ensemble.Output)
        {
            case TreeOutput.OneBare:
                break;
            case TreeOutput.Complement:
                (outputs[0], outputs[1]) = (1 - outputs[0], outputs[0]);
                break;
            case TreeOutput.Opposite:
                var isLogistic = ensemble.PostTransform == PostTransform.Logistic;
                (outputs[0], outputs[1]) = isLogistic ? (Logistic(-outputs[0]), Logistic(outputs[0])) : (-outputs[0], outputs[0]);
                break;
            default:
                Transform(outputs);
                break;
        }
    }

    private float WithBase(float aggregate, float baseValue) => ensemble.Aggregate switch
    {
        TreeAggregate.Average => (aggregate / _treeCount) + baseValue,
        // No leaf of the row has a weight for this target; such a target has no base value.
        TreeAggregate.Min or TreeAggregate.Max when float.IsInfinity(aggregate) => 0,
        _ => aggregate + baseValue,
    };

    private void Transform(Span<float> outputs)
    {
        switch (ensemble.PostTransform)
        {
            case PostTransform.Logistic:
                foreach (ref var output in outputs)
                {
                    output = Logistic(output);
                }

                break;
            case PostTransform.Softmax:
                Softmax(outputs, zeroStays: false);
                break;
            case PostTransform.SoftmaxZero:
                Softmax(outputs, zeroStays: true);
                break;
            default:
                break;
        }
    }

    private static float Logistic(float value)
    {
        var ofMagnitude = 1 / (1 + MathF.Exp(-MathF.Abs(value)));
        return value < 0 ? 1 - ofMagnitude : ofMagnitude;
    }

    /// <param name="zeroStays">Scores next to zero are scaled, not raised: SOFTMAX_ZERO.</param>
    private static void Softmax(Span<float> values, bool zeroStays)
    {
        var largest = float.MinValue;
        foreach (var value in values)
        {
            largest = value > largest ? value : largest;
        }

        var (sum, zeroFactor) = (0f, MathF.Exp(-largest));
        foreach (ref var value in values)
        {
            if (zeroStays && MathF.Abs(value) <= 0.0000001f)
            {
                value *= zeroFactor;
                continue;
            }

            value = MathF.Exp(value - largest);
            sum += value;
        }

        foreach (ref var value in values)
        {
            value /= sum;
        }
    }
}
