namespace StreamScoring.Training.Fitting;

/// <summary>
/// Calibrated log-odds are scale × log-odds + shift. Such a line is part of the model's own last
/// step, so it costs nothing and keeps the order of payments.
/// </summary>
/// <remarks>
/// J. Platt, Probabilistic outputs for support vector machines, 1999, with the targets of that
/// paper; Newton's method as in H.-T. Lin, C.-J. Lin and R. Weng, A note on Platt's probabilistic
/// outputs, 2007.
/// </remarks>
internal readonly record struct PlattLine(double Scale, double Shift)
{
    private const int StepsMax = 100;

    public static readonly PlattLine Identity = new(1, 0);

    public double Probability(double logOdds) => 1 / (1 + Math.Exp(-((Scale * logOdds) + Shift)));

    /// <param name="logOdds">[rows] Of rows that the model was not fitted to.</param>
    /// <param name="frauds">[rows] Of both kinds.</param>
    public static PlattLine Fit(IReadOnlyList<double> logOdds, IReadOnlyList<bool> frauds)
    {
        double count = frauds.Count(fraud => fraud), genuine = frauds.Count - count;
        // No row is certain: the targets lie as far from 0 and 1 as one more row of either kind
        // would put them.
        double high = (count + 1) / (count + 2), low = 1 / (genuine + 2);
        var line = new PlattLine(1, 0);
        var loss = line.Loss(logOdds, frauds, high, low);
        for (var step = 0; step < StepsMax; step++)
        {
            double gradientScale = 0, gradientShift = 0, hessian11 = 1e-12, hessian12 = 0, hessian22 = 1e-12;
            for (var row = 0; row < frauds.Count; row++)
            {
                var x = logOdds[row];
                var probability = line.Probability(x);
                var (miss, weight) = (probability - (frauds[row] ? high : low), probability * (1 - probability));
                (gradientScale, gradientShift) = (gradientScale + (miss * x), gradientShift + miss);
                (hessian11, hessian12, hessian22) = (hessian11 + (weight * x * x), hessian12 + (weight * x), hessian22 + weight);
            }

            var determinant = (hessian11 * hessian22) - (hessian12 * hessian12);
            var (towardsScale, towardsShift) = (((hessian22 * gradientScale) - (hessian12 * gradientShift)) / determinant, ((hessian11 * gradientShift) - (hessian12 * gradientScale)) / determinant);
            var (part, next, nextLoss) = (1.0, line, loss);
            do
            {
                next = new PlattLine(line.Scale - (part * towardsScale), line.Shift - (part * towardsShift));
                nextLoss = next.Loss(logOdds, frauds, high, low);
                part /= 2;
            }
            while (!(nextLoss <= loss) && part > 1e-10);

            var isDone = !(loss - nextLoss > 1e-13 * loss);
            if (nextLoss <= loss)
            {
                (line, loss) = (next, nextLoss);
            }

            if (isDone)
            {
                break;
            }
        }

        // A line that falls would turn the order round, which says that the model learned nothing.
        return line.Scale > 0 ? line : Identity;
    }

    private double Loss(IReadOnlyList<double> logOdds, IReadOnlyList<bool> frauds, double high, double low)
    {
        var loss = 0.0;
        for (var row = 0; row < frauds.Count; row++)
        {
            var z = (Scale * logOdds[row]) + Shift;
            // −t log p − (1 − t) log(1 − p), which is log(1 + e⁻ᶻ) + (1 − t) z, without overflow.
            loss += Math.Log(1 + Math.Exp(-Math.Abs(z))) + Math.Max(-z, 0) + ((1 - (frauds[row] ? high : low)) * z);
        }

        return loss;
    }
}
