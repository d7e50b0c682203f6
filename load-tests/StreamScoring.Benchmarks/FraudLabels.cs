using System.Globalization;
using System.Text;
using StreamScoring.Contracts;
using StreamScoring.Files;

namespace StreamScoring.Benchmarks;

/// <summary>
/// Writes the labels of payment tables that say fraud as a table of labels: no chargeback is sent
/// for a good payment.
/// </summary>
internal static class FraudLabels
{
    public static int Run(string[] arguments)
    {
        var options = new BenchmarkOptions(arguments);
        using var writer = TableWriter.Create(
            options.Required("output"),
            [("payment_id", true), ("event_time", true), ("known_at", true), ("fraud", true), ("customer_id", true), ("terminal_id", true)]);
        foreach (var record in TableRecords.Read(options.Texts("payments"), options.Required("columns")).Where(record => record.IsLabel))
        {
            var label = PaymentMessagePack.ReadLabel(record.Value);
            foreach (var cell in new[] { label.PaymentId, Time(label.EventTimeMs), Time(label.KnownAtMs), "1", label.CustomerId!, label.TerminalId! })
            {
                writer.Text(Encoding.UTF8.GetBytes(cell));
            }

            writer.EndRow();
        }

        writer.Complete();
        return 0;
    }

    private static string Time(long unixMs) => DateTimeOffset.FromUnixTimeMilliseconds(unixMs).ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
}
