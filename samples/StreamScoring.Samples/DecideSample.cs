using StreamScoring.Client;
using StreamScoring.Contracts;

namespace StreamScoring.Samples;

/// <summary>
/// What a payment system does: publish a payment, wait for its decision, act on it. Several calls
/// are on their way at once.
/// </summary>
internal static class DecideSample
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(20);

    public static async Task<int> RunAsync(ScoringRegion region, int count, CancellationToken cancel)
    {
        await using var client = await DecisionClient.OpenAsync(region);
        var answers = await Task.WhenAll(Enumerable.Range(0, count).Select(i => DecideAsync(client, PaymentOf(i), cancel)));
        foreach (var line in answers)
        {
            Console.Out.WriteLine(line);
        }

        return 0;
    }

    private static async Task<string> DecideAsync(DecisionClient client, Payment payment, CancellationToken cancel)
    {
        try
        {
            var decision = await client.DecideAsync(payment, Timeout, cancel);
            return $"{payment.PaymentId} {decision.Record.Action} {decision.Record.Score} {decision.Source}{(decision.IsDuplicate ? " duplicate" : "")}";
        }
        catch (PaymentRefusedException refused)
        {
            return $"{payment.PaymentId} refused {refused.Reason}";
        }
        catch (DecisionTimeoutException late)
        {
            // What a payment system does without a decision is its own policy. The payment may be
            // published again: it counts once.
            return $"{payment.PaymentId} undecided {late.Position?.ToString() ?? "unacknowledged"}";
        }
    }

    /// <summary>
    /// The last payment of every ten has a currency that there is not: it shows what a refusal
    /// looks like.
    /// </summary>
    private static Payment PaymentOf(int i) => new()
    {
        PaymentId = $"sample-{i}",
        EventTimeMs = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds(),
        AmountMinor = 1000 + 250 * i,
        Currency = i % 10 == 9 ? "XXQ" : "EUR",
        CustomerId = $"customer-{i % 5}",
        TerminalId = $"terminal-{i % 3}",
    };
}
