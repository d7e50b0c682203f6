using StreamScoring.Training.Boosting;

namespace StreamScoring.Training.Searching;

/// <summary>
/// Where a search looks: each trial is a draw of its own, which seed and number alone decide. So
/// trials may run in any order, and a search that was cut short goes on where it was.
/// </summary>
/// <remarks>J. Bergstra and Y. Bengio, Random search for hyper-parameter optimization, JMLR
/// 2012.</remarks>
internal static class SearchSpace
{
    /// <summary>A factor that no other use of the seed has, so that draws differ.</summary>
    private const int TrialStep = 7_919;

    /// <param name="given">What was asked for by name: trial 0.</param>
    public static BoostingParameters Draw(BoostingParameters given, int seed, int trial)
    {
        if (trial == 0)
        {
            return given;
        }

        var random = new Random(unchecked((seed * 31) + (trial * TrialStep)));
        return new BoostingParameters(
            (int)Math.Round(Between(4, 64)), Math.Round(Between(0.01, 0.2), 4), (int)Math.Round(Between(10, 500)),
            Math.Round(0.3 + (0.7 * random.NextDouble()), 2), Math.Round(0.5 + (0.5 * random.NextDouble()), 2), Math.Round(Between(0.1, 100), 2));

        // As many draws in each factor of two.
        double Between(double low, double high) => low * Math.Pow(high / low, random.NextDouble());
    }
}
