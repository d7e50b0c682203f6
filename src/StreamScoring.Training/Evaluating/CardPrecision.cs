using System.Globalization;

namespace StreamScoring.Training.Evaluating;

/// <summary>
/// Precision among the k riskiest cards of a day, which is as many as analysts can look at (Le
/// Borgne, Siblini, Lebichot and Bontempi, Reproducible machine learning for credit card fraud
/// detection, 2022, chapter 4).
/// </summary>
public static class CardPrecision
{
    /// <summary>
    /// Of each day: the highest probability of each card, and whether any of its payments was
    /// fraud. Cards that an earlier day found to be fraud among its k are left out. Equal cards
    /// stand in the order of their ids, as numbers if all are whole numbers. Payments without a
    /// card are left out.
    /// </summary>
    /// <param name="scores">With days and groups.</param>
    /// <returns>By day, in order: frauds among the k ÷ k.</returns>
    public static IReadOnlyList<(int Day, double Precision)> ByDay(LabelledScores scores, int k)
    {
        ArgumentNullException.ThrowIfNull(scores);
        var (groups, days) = (scores.Groups!, scores.Days!);
        var order = OrderOf(groups);
        var found = new HashSet<string>(StringComparer.Ordinal);
        var byDay = new List<(int, double)>();
        foreach (var day in Enumerable.Range(0, scores.Count).Where(row => groups[row].Length > 0).GroupBy(row => days[row]).OrderBy(day => day.Key))
        {
            var riskiest = day.Where(row => !found.Contains(groups[row])).GroupBy(row => groups[row], StringComparer.Ordinal)
                .Select(card => (Id: card.Key, Probability: card.Max(row => scores.Probabilities[row]), IsFraud: card.Any(row => scores.Frauds[row])))
                .OrderByDescending(card => card.Probability).ThenBy(card => card.Id, order).Take(k).Where(card => card.IsFraud).Select(card => card.Id).ToList();
            found.UnionWith(riskiest);
            byDay.Add((day.Key, (double)riskiest.Count / k));
        }

        return byDay;
    }

    private static IComparer<string> OrderOf(IReadOnlyList<string> ids) =>
        ids.All(id => id.Length == 0 || long.TryParse(id, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _))
            ? Comparer<string>.Create((left, right) => long.Parse(left, CultureInfo.InvariantCulture).CompareTo(long.Parse(right, CultureInfo.InvariantCulture)))
            : StringComparer.Ordinal;
}
