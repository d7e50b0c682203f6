using System.Globalization;
using StreamScoring.Contracts;

namespace StreamScoring.Workloads;

/// <summary>
/// Payments with the fields, and about the numbers, of the public handbook's tables: 5,000
/// customers with habits of their own at 10,000 terminals, 9,583 payments a day, and terminals that
/// are compromised for four weeks. A payment's label comes a week later, and only of frauds: a
/// label that says nothing new is not sent. The same for the same seed.
/// </summary>
public static class GeneratedRecords
{
    private const int Customers = 5_000, Terminals = 10_000, TerminalsOfCustomer = 40, PaymentsADay = 9_583, CompromisedADay = 2;
    private const long DayMs = 86_400_000, StartMs = 1_522_540_800_000, LabelDelayMs = 7 * DayMs, CompromisedMs = 28 * DayMs;

    /// <summary>Without an end.</summary>
    public static IEnumerable<BenchmarkRecord> Generate(int seed)
    {
        var random = new Random(seed);
        var means = Enumerable.Range(0, Customers).Select(_ => 5 + (95 * random.NextDouble())).ToArray();
        // How often a customer pays, relative to the keenest one.
        var habits = Enumerable.Range(0, Customers).Select(_ => random.NextDouble()).ToArray();
        var compromisedUntil = new long[Terminals];
        var labels = new Queue<Label>();
        var (timeMs, nextDayMs) = ((double)StartMs, StartMs);
        for (var id = 0L; ; id++)
        {
            timeMs -= Math.Log(1 - random.NextDouble()) * DayMs / PaymentsADay;
            var nowMs = (long)timeMs / 1000 * 1000;
            for (; nowMs >= nextDayMs; nextDayMs += DayMs)
            {
                for (var i = 0; i < CompromisedADay; i++)
                {
                    compromisedUntil[random.Next(Terminals)] = nextDayMs + CompromisedMs;
                }
            }

            while (labels.TryPeek(out var label) && label.KnownAtMs <= nowMs)
            {
                yield return new BenchmarkRecord(true, WireBytes.MessagePack(labels.Dequeue()));
            }

            var customer = random.Next(Customers);
            while (random.NextDouble() > habits[customer])
            {
                customer = random.Next(Customers);
            }

            var terminal = (int)(((customer * 2_654_435_761L) + (random.Next(TerminalsOfCustomer) * 40_503L)) % Terminals);
            var amount = Math.Max(1, (long)(100 * (means[customer] + (Gaussian(random) * means[customer] / 2))));
            var payment = new Payment
            {
                PaymentId = id.ToString(CultureInfo.InvariantCulture),
                EventTimeMs = nowMs,
                AmountMinor = amount,
                Currency = "EUR",
                CustomerId = customer.ToString(CultureInfo.InvariantCulture),
                TerminalId = terminal.ToString(CultureInfo.InvariantCulture),
            };
            yield return new BenchmarkRecord(false, WireBytes.MessagePack(payment));
            if (compromisedUntil[terminal] > nowMs || amount > 220_00)
            {
                labels.Enqueue(new Label
                {
                    PaymentId = payment.PaymentId,
                    EventTimeMs = nowMs,
                    KnownAtMs = nowMs + LabelDelayMs,
                    Fraud = true,
                    CustomerId = payment.CustomerId,
                    TerminalId = payment.TerminalId,
                });
            }
        }
    }

    /// <summary>Box and Muller, 1958.</summary>
    private static double Gaussian(Random random) => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
