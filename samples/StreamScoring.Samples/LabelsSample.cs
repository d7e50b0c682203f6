using System.Globalization;
using StreamScoring.Client;
using StreamScoring.Contracts;

namespace StreamScoring.Samples;

/// <summary>
/// What a chargeback desk does: publish what became known about payments, in bulk, confirmed
/// together.
/// </summary>
internal static class LabelsSample
{
    /// <param name="file">Lines of <c>payment_id,event_time,customer_id,terminal_id,fraud</c>; the
    /// time in ISO 8601, fraud 0 or 1.</param>
    public static async Task<int> RunAsync(ScoringRegion region, string file, CancellationToken cancel)
    {
        await using var publisher = new PaymentPublisher(region);
        await foreach (var line in File.ReadLinesAsync(file, cancel))
        {
            var cells = line.Split(',');
            await publisher.EnqueueAsync(
                new Label
                {
                    PaymentId = cells[0],
                    EventTimeMs = DateTimeOffset.Parse(cells[1], CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal).ToUnixTimeMilliseconds(),
                    KnownAtMs = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds(),
                    CustomerId = cells[2],
                    TerminalId = cells[3],
                    Fraud = cells[4] == "1",
                },
                cancel: cancel);
        }

        await publisher.FlushAsync(cancel);
        Console.Out.WriteLine($"labels {publisher.Acknowledged}");
        return 0;
    }
}
