using StreamScoring.Onnx.Trees;

namespace StreamScoring.Onnx.Explaining;

/// <summary>How much of each of the trees' aggregates is in the number that is explained.</summary>
internal static class RiskWeights
{
    /// <param name="outputColumn">Which of the trees' outputs is the model's.</param>
    /// <param name="isDescending">Whether a lower output is a higher risk.</param>
    /// <returns>[targets]</returns>
    public static double[] Of(TreeEnsemble ensemble, int outputColumn, bool isDescending)
    {
        var sign = isDescending ? -1.0 : 1.0;
        var weights = new double[ensemble.TargetCount];
        if (ensemble.Output is TreeOutput.Complement or TreeOutput.Opposite)
        {
            // One aggregate, of class 1; the output of class 0 falls as it rises.
            weights[0] = outputColumn == 1 ? sign : -sign;
            return weights;
        }

        if (ensemble.PostTransform is PostTransform.Softmax or PostTransform.SoftmaxZero && ensemble.Output == TreeOutput.OneEach)
        {
            // Softmax is of differences: the log-odds of one class of two is its aggregate less the
            // other's. Of more, less the others' mean.
            Array.Fill(weights, -sign / Math.Max(1, ensemble.TargetCount - 1));
        }

        weights[outputColumn] = sign;
        return weights;
    }
}
