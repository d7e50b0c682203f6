using System.Text;
using System.Text.Json.Nodes;
using StreamScoring.Batches;
using StreamScoring.Contracts;
using StreamScoring.Files;
using StreamScoring.Training.Evaluating;

namespace StreamScoring.Host.Replaying;

/// <summary>
/// Compares both decisions with what is known in the end. A payment without a label counts as
/// genuine, unless it was blocked: then nobody will ever know, and it is left out.
/// </summary>
internal sealed class ReplayJudgement(FinalLabels labels)
{
    private const int Scores = 100, Draws = 200, Seed = 1;
    private const long DayMs = 86_400_000;

    private readonly SortedDictionary<long, Day> _days = [];
    private readonly SortedDictionary<string, Money> _money = new(StringComparer.Ordinal);

    /// <summary>[scores] Payments of a score, as recorded and now.</summary>
    private sealed record Day(long[] RecordedFrauds, long[] RecordedGenuine, long[] ReplayedFrauds, long[] ReplayedGenuine)
    {
        public Day()
            : this(new long[Scores], new long[Scores], new long[Scores], new long[Scores])
        {
        }
    }

    /// <summary>[scores] Amounts of payments of a score now, in minor units.</summary>
    private sealed record Money(Int128[] Frauds, Int128[] Genuine);

    public long Frauds { get; private set; }

    public long Genuine { get; private set; }

    /// <summary>Payments that were blocked and have no label.</summary>
    public long Unknown { get; private set; }

    /// <summary>[actions] Frauds of an action, as recorded and now; and the others.</summary>
    public (long[] Recorded, long[] Replayed) FraudsBy { get; } = (new long[4], new long[4]);

    /// <inheritdoc cref="FraudsBy"/>
    public (long[] Recorded, long[] Replayed) GenuineBy { get; } = (new long[4], new long[4]);

    public void Add(in ComparedPayment payment)
    {
        var (recorded, replayed) = (payment.Recorded, payment.Replayed);
        // One that came again is one payment.
        if (recorded.Flags.HasFlag(VerdictFlags.Duplicate))
        {
            return;
        }

        var label = labels.Of(Encoding.UTF8.GetBytes(recorded.PaymentId), recorded.EventTimeMs, exactly: true);
        if (label is null && recorded.Action == DecisionAction.Block)
        {
            Unknown++;
            return;
        }

        var isFraud = label is { Fraud: true };
        var number = (long)Math.Floor(recorded.EventTimeMs / (double)DayMs);
        if (!_days.TryGetValue(number, out var day))
        {
            _days.Add(number, day = new Day());
        }

        (Frauds, Genuine) = isFraud ? (Frauds + 1, Genuine) : (Frauds, Genuine + 1);
        (isFraud ? day.RecordedFrauds : day.RecordedGenuine)[Math.Clamp(recorded.Score, 0, Scores - 1)]++;
        (isFraud ? day.ReplayedFrauds : day.ReplayedGenuine)[replayed.Score]++;
        var (before, now) = isFraud ? FraudsBy : GenuineBy;
        before[(int)recorded.Action]++;
        now[(int)replayed.Action]++;
        var currency = CurrencyTable.CodeOf(payment.CurrencyIndex);
        if (!_money.TryGetValue(currency, out var money))
        {
            _money.Add(currency, money = new Money(new Int128[Scores], new Int128[Scores]));
        }

        (isFraud ? money.Frauds : money.Genuine)[replayed.Score] += payment.AmountMinor;
    }

    /// <summary>Precision and recall of stopping everything from a score on.</summary>
    /// <param name="Precision">Null where nothing would be stopped.</param>
    /// <param name="Band">Of the precision, the middle 95 % of draws of whole days; null where they
    /// give none.</param>
    public readonly record struct Point(int Score, double? Precision, double? Recall, (double Low, double High)? Band);

    /// <summary>[scores] As recorded, or now.</summary>
    public IReadOnlyList<Point> Curve(bool isRecorded)
    {
        Day[] days = [.. _days.Values];
        // Sums from a score on, day by day: a draw adds days up.
        var (frauds, genuine) = (new long[days.Length][], new long[days.Length][]);
        for (var i = 0; i < days.Length; i++)
        {
            frauds[i] = FromScore(isRecorded ? days[i].RecordedFrauds : days[i].ReplayedFrauds);
            genuine[i] = FromScore(isRecorded ? days[i].RecordedGenuine : days[i].ReplayedGenuine);
        }

        var random = new Random(Seed);
        int[][] draws = days.Length < 2 ? [] : [.. Enumerable.Range(0, Draws).Select(_ => Enumerable.Range(0, days.Length).Select(_ => random.Next(days.Length)).ToArray())];
        var all = Enumerable.Range(0, days.Length).ToArray();
        return [.. Enumerable.Range(0, Scores).Select(score =>
        {
            var caught = all.Sum(day => frauds[day][score]);
            return new Point(
                score, Precision(all, score), Frauds == 0 ? null : caught / (double)Frauds,
                Bootstrap.Interval(draws.Select(draw => Precision(draw, score)).OfType<double>()));
        })];

        double? Precision(int[] drawn, int score)
        {
            var (fraud, other) = (0L, 0L);
            foreach (var day in drawn)
            {
                (fraud, other) = (fraud + frauds[day][score], other + genuine[day][score]);
            }

            return fraud + other == 0 ? null : fraud / (double)(fraud + other);
        }
    }

    /// <summary>What stopping everything from a score on would save and cost now.</summary>
    /// <returns>By currency, in minor units.</returns>
    public IReadOnlyList<(string Currency, Int128 FraudStopped, Int128 GenuineStopped)> MoneyFrom(int score) =>
        [.. _money.Select(money => (money.Key, Sum(money.Value.Frauds, score), Sum(money.Value.Genuine, score)))];

    public JsonObject ToJson() => new()
    {
        ["frauds"] = Frauds,
        ["genuine"] = Genuine,
        ["unknown"] = Unknown,
        ["recorded"] = CurveJson(isRecorded: true),
        ["replayed"] = CurveJson(isRecorded: false),
    };

    private JsonArray CurveJson(bool isRecorded) => new([.. Curve(isRecorded).Select(point => (JsonNode?)new JsonObject
    {
        ["score"] = point.Score,
        ["precision"] = point.Precision,
        ["recall"] = point.Recall,
        ["band"] = point.Band is { } band ? new JsonArray(band.Low, band.High) : null,
    })]);

    private static long[] FromScore(long[] counts)
    {
        var sums = new long[Scores];
        for (var (score, sum) = (Scores - 1, 0L); score >= 0; score--)
        {
            sums[score] = sum += counts[score];
        }

        return sums;
    }

    private static Int128 Sum(Int128[] amounts, int from) => amounts.Skip(from).Aggregate(Int128.Zero, (sum, amount) => sum + amount);
}
