namespace StreamScoring.Training.Evaluating;

/// <summary>
/// Rows in the order of their probability, the highest first, and what follows from that order
/// alone. Rows may count several times, or not at all: a bootstrap draws them so.
/// </summary>
public sealed class Ranking
{
    private readonly int[] _order;
    private readonly bool[] _frauds;

    /// <summary>[rows, in the order] Whether the row behind has another probability.</summary>
    private readonly bool[] _isLastOfTie;

    public Ranking(IReadOnlyList<double> probabilities, IReadOnlyList<bool> frauds)
    {
        ArgumentNullException.ThrowIfNull(probabilities);
        ArgumentNullException.ThrowIfNull(frauds);
        _order = [.. Enumerable.Range(0, probabilities.Count).OrderByDescending(row => probabilities[row])];
        _frauds = [.. _order.Select(row => frauds[row])];
        _isLastOfTie = [.. _order.Select((row, i) => i + 1 == _order.Length || probabilities[row].CompareTo(probabilities[_order[i + 1]]) != 0)];
    }

    /// <summary>
    /// The probability that a fraud stands before a genuine row; a tie counts half (Hanley and
    /// McNeil, The meaning and use of the area under a receiver operating characteristic curve,
    /// 1982).
    /// </summary>
    /// <param name="weights">[rows] How often each row counts; null: once.</param>
    /// <returns>Null where all rows are of one kind.</returns>
    public double? AreaUnderRoc(int[]? weights = null)
    {
        double frauds = 0, genuine = 0, area = 0, tiedFrauds = 0, tiedGenuine = 0;
        for (var i = 0; i < _order.Length; i++)
        {
            var weight = weights is null ? 1 : weights[_order[i]];
            tiedFrauds += _frauds[i] ? weight : 0;
            tiedGenuine += _frauds[i] ? 0 : weight;
            if (_isLastOfTie[i])
            {
                area += tiedGenuine * (frauds + (tiedFrauds / 2));
                (frauds, genuine, tiedFrauds, tiedGenuine) = (frauds + tiedFrauds, genuine + tiedGenuine, 0, 0);
            }
        }

        return frauds > 0 && genuine > 0 ? area / (frauds * genuine) : null;
    }

    /// <summary>
    /// The mean of the precision at each fraud: Σ (Rₙ − Rₙ₋₁) Pₙ over the distinct probabilities,
    /// without interpolation.
    /// </summary>
    /// <inheritdoc cref="AreaUnderRoc"/>
    /// <returns>Null where all rows are of one kind: where all are frauds any order is
    /// perfect.</returns>
    public double? AveragePrecision(int[]? weights = null)
    {
        double frauds = 0, rows = 0, sum = 0, tied = 0;
        for (var i = 0; i < _order.Length; i++)
        {
            var weight = weights is null ? 1 : weights[_order[i]];
            rows += weight;
            tied += _frauds[i] ? weight : 0;
            if (_isLastOfTie[i])
            {
                frauds += tied;
                sum += tied > 0 ? tied * (frauds / rows) : 0;
                tied = 0;
            }
        }

        return frauds > 0 && frauds < rows ? sum / frauds : null;
    }

    /// <summary>The curve of precision over recall, a point for each distinct probability.
    /// </summary>
    public IReadOnlyList<(double Recall, double Precision)> PrecisionRecall()
    {
        var total = _frauds.Count(fraud => fraud);
        var (points, frauds) = (new List<(double, double)>(), 0);
        for (var i = 0; i < _order.Length && total > 0; i++)
        {
            frauds += _frauds[i] ? 1 : 0;
            if (_isLastOfTie[i])
            {
                points.Add(((double)frauds / total, (double)frauds / (i + 1)));
            }
        }

        return points;
    }

    /// <summary>
    /// The same in money, a point for each distinct probability: the share of the frauds' money
    /// that is stopped, and the share of the genuine payments' money that is stopped with it.
    /// </summary>
    /// <param name="amounts">[rows] From 0 on.</param>
    /// <returns>Empty where either kind has no money.</returns>
    public IReadOnlyList<(double Fraud, double Genuine)> Money(IReadOnlyList<double> amounts)
    {
        ArgumentNullException.ThrowIfNull(amounts);
        var (fraud, genuine) = (0.0, 0.0);
        var sums = new List<(double Fraud, double Genuine)>();
        for (var i = 0; i < _order.Length; i++)
        {
            var amount = amounts[_order[i]];
            (fraud, genuine) = _frauds[i] ? (fraud + amount, genuine) : (fraud, genuine + amount);
            if (_isLastOfTie[i])
            {
                sums.Add((fraud, genuine));
            }
        }

        return fraud > 0 && genuine > 0 ? [.. sums.Select(sum => (sum.Fraud / fraud, sum.Genuine / genuine))] : [];
    }
}
