namespace StreamScoring.Onnx.Trees;

/// <summary>
/// From sums to outputs: the post transform, in floats and in the forms that ONNX Runtime computes.
/// </summary>
internal sealed class TreeScores(TreeEnsemble ensemble)
{
    /// <param name="outputs">[outputs] The sums of one row, one for each target, which become its
    /// outputs.</param>
    public void Finish(Span<double> outputs)
    {
        switch (ensemble.Output)
        {
            case TreeOutput.OneBare:
                break;
            case TreeOutput.Complement:
                (outputs[0], outputs[1]) = (1 - outputs[0], outputs[0]);
                break;
            case TreeOutput.Opposite:
                var isLogistic = ensemble.PostTransform == PostTransform.Logistic;
                (outputs[0], outputs[1]) = isLogistic ? Logistics(outputs[0]) : (-outputs[0], outputs[0]);
                break;
            default:
                Transform(outputs);
                break;
        }

        if (ensemble.IsRounded)
        {
            foreach (ref var output in outputs)
            {
                output = (float)output;
            }
        }
    }

    private void Transform(Span<double> outputs)
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

    private static float Logistic(double value) => Logistics(value).OfItself;

    /// <returns>The logistic function of a value's opposite and of the value, of one
    /// exponential.</returns>
    private static (float OfOpposite, float OfItself) Logistics(double value)
    {
        var ofMagnitude = 1 / (1 + MathF.Exp(-MathF.Abs((float)value)));
        return (value > 0 ? 1 - ofMagnitude : ofMagnitude, value < 0 ? 1 - ofMagnitude : ofMagnitude);
    }

    /// <param name="zeroStays">Scores next to zero are scaled, not raised: SOFTMAX_ZERO.</param>
    private static void Softmax(Span<double> values, bool zeroStays)
    {
        var largest = float.MinValue;
        foreach (var value in values)
        {
            largest = value > largest ? (float)value : largest;
        }

        var (sum, zeroFactor) = (0f, MathF.Exp(-largest));
        foreach (ref var value in values)
        {
            if (zeroStays && MathF.Abs((float)value) <= 0.0000001f)
            {
                value = (float)value * zeroFactor;
                continue;
            }

            value = MathF.Exp((float)value - largest);
            sum += (float)value;
        }

        foreach (ref var value in values)
        {
            value = (float)value / sum;
        }
    }
}
