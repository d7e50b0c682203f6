using StreamScoring.Decisions;

namespace StreamScoring.Training.Evaluating;

/// <summary>Rows that were flagged from a score on.</summary>
/// <param name="Score">0..99: rows of this score or more.</param>
/// <param name="Precision">Null where none is flagged.</param>
/// <param name="Recall">Null where there is no fraud.</param>
/// <param name="Money">What the flagged rows are worth; null where nobody asked.</param>
public sealed record ThresholdRow(int Score, double? Precision, double? Recall, int Flagged, FlaggedMoney? Money = null);

/// <summary>What flagged rows are worth.</summary>
/// <param name="Fraud">Of the frauds among them.</param>
/// <param name="Genuine">Of all others.</param>
public sealed record FlaggedMoney(double Fraud, double Genuine);

/// <summary>How good a model is on a table.</summary>
/// <param name="Rows">That have a score.</param>
/// <param name="AreaUnderRoc">Null where all rows are of one kind, as
/// <paramref name="AveragePrecision"/>.</param>
/// <param name="CardPrecision">By day; null where nobody asked.</param>
/// <param name="Brier">Null where there are no rows, as for
/// <paramref name="CalibrationError"/>.</param>
/// <param name="Thresholds">For each score.</param>
public sealed record Evaluation(
    int Rows, int Frauds, double? AreaUnderRoc, double? AveragePrecision, IReadOnlyList<(int Day, double Precision)>? CardPrecision, double? Brier, double? CalibrationError,
    IReadOnlyList<ThresholdRow> Thresholds)
{
    /// <summary>The mean over the days.</summary>
    public double? MeanCardPrecision => CardPrecision is { Count: > 0 } days ? days.Average(day => day.Precision) : null;

    /// <param name="k">Cards that analysts look at a day.</param>
    public static Evaluation Of(LabelledScores scores, int k)
    {
        ArgumentNullException.ThrowIfNull(scores);
        var ranking = new Ranking(scores.Probabilities, scores.Frauds);
        return new Evaluation(
            scores.Count, scores.FraudCount, ranking.AreaUnderRoc(), ranking.AveragePrecision(),
            scores.Days is null || scores.Groups is null ? null : Evaluating.CardPrecision.ByDay(scores, k),
            scores.Count == 0 ? null : Calibration.Brier(scores), scores.Count == 0 ? null : Calibration.Error(scores), ThresholdsOf(scores));
    }

    private static List<ThresholdRow> ThresholdsOf(LabelledScores scores)
    {
        var (rows, frauds) = (new int[RiskScore.Max + 1], new int[RiskScore.Max + 1]);
        for (var row = 0; row < scores.Count; row++)
        {
            var score = RiskScore.FromProbability(scores.Probabilities[row]);
            rows[score]++;
            frauds[score] += scores.Frauds[row] ? 1 : 0;
        }

        var (fraud, genuine) = MoneyByScore(scores);
        var (stoppedFraud, stoppedGenuine) = (0.0, 0.0);
        var (thresholds, flagged, caught, all) = (new List<ThresholdRow>(), 0, 0, scores.FraudCount);
        for (int score = RiskScore.Max; score >= 0; score--)
        {
            (flagged, caught) = (flagged + rows[score], caught + frauds[score]);
            (stoppedFraud, stoppedGenuine) = (stoppedFraud + fraud[score], stoppedGenuine + genuine[score]);
            thresholds.Add(new ThresholdRow(
                score, flagged > 0 ? (double)caught / flagged : null, all > 0 ? (double)caught / all : null, flagged, scores.Amounts is null ? null : new FlaggedMoney(stoppedFraud, stoppedGenuine)));
        }

        thresholds.Reverse();
        return thresholds;
    }

    /// <summary>[scores] What the frauds of each score are worth, and all others.</summary>
    private static (double[] Fraud, double[] Genuine) MoneyByScore(LabelledScores scores)
    {
        var (fraud, genuine) = (new double[RiskScore.Max + 1], new double[RiskScore.Max + 1]);
        for (var row = 0; scores.Amounts is { } amounts && row < scores.Count; row++)
        {
            (scores.Frauds[row] ? fraud : genuine)[RiskScore.FromProbability(scores.Probabilities[row])] += amounts[row];
        }

        return (fraud, genuine);
    }
}
