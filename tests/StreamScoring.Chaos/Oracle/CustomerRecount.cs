namespace StreamScoring.Chaos.Oracle;

/// <summary>
/// Counts a customer's windows from the log, payment by payment. Publishers keep event times rising per customer, so that the counts do not
/// depend on how far a process had folded when it decided.
/// </summary>
public sealed class CustomerRecount
{
    private const long DayMs = 86_400_000;

    private readonly Dictionary<string, List<PublishedPayment>> _byCustomer = [];

    /// <summary>Adds a payment of the log, repeats apart, and gives what its decision must say.</summary>
    public IEnumerable<(string Feature, double Value)> Add(PublishedPayment payment)
    {
        if (!_byCustomer.TryGetValue(payment.Customer, out var earlier))
        {
            _byCustomer[payment.Customer] = earlier = [];
        }

        earlier.Add(payment);
        foreach (var days in (int[])[1, 7, 30])
        {
            var within = earlier.Where(other => other.EventTimeMs > payment.EventTimeMs - (days * DayMs) && other.EventTimeMs <= payment.EventTimeMs).ToList();
            yield return ($"customer_nb_tx_{days}d", within.Count);
            yield return ($"customer_avg_amount_{days}d", within.Sum(other => other.AmountMinor) / 100.0 / within.Count);
        }
    }
}
