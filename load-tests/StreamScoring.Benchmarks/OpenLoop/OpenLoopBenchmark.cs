using System.Globalization;
using System.Text;
using System.Text.Json;
using Confluent.Kafka;
using StreamScoring.Contracts;

namespace StreamScoring.Benchmarks.OpenLoop;

/// <summary>
/// The load of B4 and B5, as a process of its own: payments leave at their intended times whatever
/// happens, and what counts is the time from there to the moment at which the answer is read. A
/// system that stalls is charged for everyone who waited meanwhile (no coordinated omission). 5,000
/// customers, 10,000 terminals, drawn evenly, as the peers' own load does.
/// </summary>
internal static class OpenLoopBenchmark
{
    private const int Customers = 5_000, Terminals = 10_000;
    private const long LeadUs = 500_000, PauseMaxUs = 200;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    public static int Run(string[] arguments)
    {
        var options = new BenchmarkOptions(arguments);
        var (brokers, rate) = (options.Required("brokers"), options.Integer("rate", 2000));
        var (seconds, warm) = (options.Number("seconds", 40), options.Number("warm-up", 20));
        var startUs = IntendedTime.NowUs + LeadUs;
        var (countFromUs, endUs) = (startUs + (long)(warm * 1e6), startUs + (long)(seconds * 1e6));
        using var reader = new LatencyReader(brokers, options.Required("answers"), startUs, countFromUs);
        var sent = Send(brokers, options.Text("payments") ?? "payments", options.Text("format") == "json", rate, startUs, endUs, out var lateUsMax);
        var waitedUntil = IntendedTime.NowUs + (long)Patience.TotalMicroseconds;
        while (reader.Read < sent && IntendedTime.NowUs < waitedUntil)
        {
            Pause.For(10_000);
        }

        var latencies = reader.Latencies;
        Console.WriteLine(JsonSerializer.Serialize(new
        {
            rate,
            sent,
            answered = reader.Read,
            counted = latencies.TotalCount,
            p50_ms = Ms(50),
            p90_ms = Ms(90),
            p99_ms = Ms(99),
            p999_ms = Ms(99.9),
            max_ms = Ms(100),
            // How far behind its own plan the load was at worst: where that is much, the load was
            // the bottleneck.
            sent_late_max_ms = Math.Round(lateUsMax / 1000.0, 2),
        }));
        return reader.Read == sent ? 0 : 1;

        double Ms(double percentile) => Math.Round(latencies.GetValueAtPercentile(percentile) / 1000.0, 2);
    }

    /// <returns>How many were sent.</returns>
    private static long Send(string brokers, string topic, bool isJson, int rate, long startUs, long endUs, out long lateUsMax)
    {
        using var producer = new ProducerBuilder<byte[], byte[]>(new ProducerConfig
        {
            BootstrapServers = brokers,
            // Few requests on their way at a time: what comes meanwhile goes together in the next,
            // or the broker would have a request for every payment, and be what is measured.
            LingerMs = 1,
            MaxInFlight = 5,
            QueueBufferingMaxMessages = 2_000_000,
            Acks = Acks.All,
            EnableDeliveryReports = false,
        }).Build();
        var random = new Random(7);
        lateUsMax = 0;
        var number = 0L;
        for (var dueUs = startUs; dueUs < endUs; dueUs = startUs + (++number * 1_000_000 / rate))
        {
            for (long waitUs; (waitUs = dueUs - IntendedTime.NowUs) > 0;)
            {
                Pause.For(Math.Min(waitUs, PauseMaxUs));
            }

            var customer = random.Next(Customers).ToString(CultureInfo.InvariantCulture);
            var payment = new Payment
            {
                PaymentId = IntendedTime.IdOf(dueUs, number),
                EventTimeMs = dueUs / 1000,
                AmountMinor = 100 + random.Next(9000),
                Currency = "EUR",
                CustomerId = customer,
                TerminalId = random.Next(Terminals).ToString(CultureInfo.InvariantCulture),
            };
            producer.Produce(topic, new Message<byte[], byte[]> { Key = Encoding.UTF8.GetBytes(customer), Value = isJson ? WireBytes.Json(payment) : WireBytes.MessagePack(payment) });
            lateUsMax = Math.Max(lateUsMax, IntendedTime.NowUs - dueUs);
        }

        producer.Flush(Patience);
        return number;
    }
}
