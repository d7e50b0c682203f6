namespace StreamScoring.Chaos.Oracle;

/// <summary>
/// Counts a customer's windows from the log, payment by payment. Publishers keep event times rising
/// per customer, so that the counts do not depend on how far a process had folded when it decided.
/// </summary>
public sealed class CustomerRecount
{
    private const long DayMs = 86_400_000;

    private readonly Dictionary<string, List<(PaymentLog.Entry Entry, bool IsNew)>> _byCustomer = [];

    /// <summary>A feature of the payment's customer.</summary>
    /// <param name="Least">What was certainly counted.</param>
    /// <param name="Most">All that may have been; equal to the least where nothing is gone that the
    /// feature counts.</param>
    public readonly record struct Expected(string Feature, double Least, double Most);

    /// <summary>What the decision of a payment must say.</summary>
    /// <returns>An average only where it is known which payments it is of.</returns>
    public IEnumerable<Expected> Of(PaymentLog.Entry entry)
    {
        var payment = entry.Payment;
        foreach (var days in (int[])[1, 7, 30])
        {
            var within = _byCustomer.GetValueOrDefault(payment.Customer, [])
                .Where(other => other.Entry.Payment.EventTimeMs > payment.EventTimeMs - (days * DayMs) && other.Entry.Payment.EventTimeMs <= payment.EventTimeMs).ToList();
            var (least, most) = (1 + within.Count(other => other.IsNew && PaymentLog.IsCertain(other.Entry, entry)), 1 + within.Count);
            yield return new Expected($"customer_nb_tx_{days}d", least, most);
            if (least == most)
            {
                var average = (payment.AmountMinor + within.Sum(other => other.Entry.Payment.AmountMinor)) / 100.0 / most;
                yield return new Expected($"customer_avg_amount_{days}d", average, average);
            }
        }
    }

    /// <summary>From now on it counts.</summary>
    /// <param name="isNew">False where it may be a repeat.</param>
    public void Add(PaymentLog.Entry entry, bool isNew)
    {
        if (!_byCustomer.TryGetValue(entry.Payment.Customer, out var earlier))
        {
            _byCustomer[entry.Payment.Customer] = earlier = [];
        }

        earlier.Add((entry, isNew));
    }
}
