using StreamScoring.Scoring;

namespace StreamScoring.Onnx.Explaining;

/// <summary>
/// What an input is set to in order to see what it does: the card's baseline, else a median of its
/// training or golden rows, else 0.
/// </summary>
internal static class Baseline
{
    /// <summary>Shares on a card are rounded to six digits, and some are added up.</summary>
    private const double ShareTolerance = 1e-5;

    /// <param name="card">Null for a bare file.</param>
    /// <param name="golden">The folder's golden rows; null for a bare file.</param>
    /// <returns>[inputs] 0 for a text.</returns>
    public static double[] Of(IReadOnlyList<ModelInput> inputs, ModelCard? card, ScoringTable? golden) =>
        [.. inputs.Select((input, i) => input.IsText ? 0 : OnCard(input.Name, card) ?? OfGolden(i, golden) ?? 0)];

    private static double? OnCard(string input, ModelCard? card)
    {
        foreach (var (name, value) in card?.Baseline ?? [])
        {
            if (name == input)
            {
                return value;
            }
        }

        foreach (var (name, edges, shares) in card?.Histograms ?? [])
        {
            if (name == input)
            {
                return MedianOf(edges, shares);
            }
        }

        return null;
    }

    /// <returns>The lowest edge that half of the rows do not exceed, the last one where there is
    /// none; null without edges.</returns>
    private static double? MedianOf(IReadOnlyList<double> edges, IReadOnlyList<double> shares)
    {
        var below = 0.0;
        for (var i = 0; i < edges.Count; i++)
        {
            below += shares[i];
            if (below >= 0.5 - ShareTolerance)
            {
                return edges[i];
            }
        }

        return edges.Count == 0 ? null : edges[^1];
    }

    /// <returns>The upper one of two medians; null where no row has a finite value.</returns>
    private static double? OfGolden(int input, ScoringTable? golden)
    {
        if (golden is null)
        {
            return null;
        }

        var known = golden.Features.Column(input)[..golden.RowCount].ToArray().Where(double.IsFinite).Order().ToArray();
        return known.Length == 0 ? null : known[known.Length / 2];
    }
}
