using StreamScoring.Batches;
using StreamScoring.Quality;

namespace StreamScoring.Tests.Quality;

/// <summary>
/// All decisions and all labels, looked at one by one: what a join is compared with.
/// </summary>
internal sealed class SlowQuality
{
    private const long DayMs = 86_400_000;

    private readonly Dictionary<int, (PaymentOutcome Outcome, double Probability)> _decisions = [];
    private readonly Dictionary<int, List<(long KnownAtMs, bool IsFraud)>> _labels = [];

    public IReadOnlyCollection<int> Decided => _decisions.Keys;

    /// <summary>Of a payment, by its number.</summary>
    public static long EventTimeMs(int payment) => ((20_000 + (payment % 4)) * DayMs) + (payment * 1000L);

    public static ulong KeyOf(int payment) => PaymentKey.Of((UInt128)(ulong)payment * 0x1_0000_0001, EventTimeMs(payment));

    public static string DayOf(int payment) => DateTimeOffset.FromUnixTimeMilliseconds(EventTimeMs(payment)).ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture);

    public void Decide(int payment, PaymentOutcome outcome, double probability) => _decisions[payment] = (outcome, probability);

    public void Label(int payment, long knownAtMs, bool isFraud)
    {
        if (!_labels.TryGetValue(payment, out var labels))
        {
            _labels[payment] = labels = [];
        }

        labels.Add((knownAtMs, isFraud));
    }

    /// <summary>Whether a payment is known to be fraud: by its latest known label, and of two
    /// known at once by the one that says so. Null where it has none.</summary>
    public bool? IsFraud(int payment) => _labels.TryGetValue(payment, out var labels) ? labels.OrderBy(label => label.KnownAtMs).ThenBy(label => label.IsFraud).Last().IsFraud : null;

    public QualityCounts Count(string day, Func<PaymentOutcome, bool> counts, Func<int, bool>? isHeld = null)
    {
        var (frauds, genuine, silent, blocked) = (0, 0, 0, 0);
        foreach (var (payment, (outcome, _)) in _decisions.Where(decision => DayOf(decision.Key) == day && counts(decision.Value.Outcome) && isHeld?.Invoke(decision.Key) != false))
        {
            switch (IsFraud(payment))
            {
                case true:
                    frauds++;
                    break;
                case false:
                    genuine++;
                    break;
                case null when outcome.Action == DecisionAction.Block:
                    blocked++;
                    break;
                default:
                    silent++;
                    break;
            }
        }

        return new QualityCounts(frauds + genuine + silent + blocked, frauds, genuine, silent, blocked);
    }

    /// <summary>
    /// The mean probability of the payments that a precision is of; null for none.
    /// </summary>
    public double? Expected(string day, Func<PaymentOutcome, bool> counts)
    {
        var probabilities = _decisions.Where(decision => DayOf(decision.Key) == day && counts(decision.Value.Outcome) && (IsFraud(decision.Key) is not null || decision.Value.Outcome.Action != DecisionAction.Block))
            .Select(decision => decision.Value.Probability).ToList();
        return probabilities.Count == 0 ? null : probabilities.Average();
    }
}
