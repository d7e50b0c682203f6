using StreamScoring.Batches;
using StreamScoring.Contracts;
using StreamScoring.Ingest;
using StreamScoring.Logs;

namespace StreamScoring.Benchmarks;

/// <summary>
/// What decoding costs by a record's bytes: payments with the fewest fields, and with all. Time is
/// the thread's CPU time.
/// </summary>
/// <param name="DecodeNs">One of the small ones, and each byte that others have more.</param>
/// <param name="PaymentBytes">With all fields and no attributes.</param>
internal sealed record RecordCosts(double DecodeNs, double DecodeByteNs, double SmallPaymentBytes, double PaymentBytes, double LabelBytes)
{
    private const int BatchRows = 256, Batches = 4000, PoolRows = 8192;

    private static readonly LogTable Logs = new([(new LogId("eu", "payments", 0), LogKind.Payments)]);

    public static RecordCosts Measure(BatchLayout layout)
    {
        var random = new Random(1);
        var (small, large) = (Pool(number => Small(number)), Pool(number => Large(number, random)));
        var (smallNs, largeNs) = (Decode(layout, small), Decode(layout, large));
        var (smallBytes, largeBytes) = (small.Average(value => value.Length), large.Average(value => value.Length));
        var byteNs = Math.Max(0, (largeNs - smallNs) / (largeBytes - smallBytes));
        Console.Error.WriteLine($"decode: {smallNs:0} ns of {smallBytes:0} bytes, {largeNs:0} ns of {largeBytes:0}");
        return new RecordCosts(smallNs, byteNs, smallBytes, largeBytes, LabelOf().Length);
    }

    private static double Decode(BatchLayout layout, byte[][] pool)
    {
        var limits = new IngestLimits();
        var decoder = new RecordDecoder(layout, limits, Logs);
        var batches = new PaymentBatchPool(layout, batchesMax: 1, BatchRows);
        var tookNs = 0L;
        for (var round = -Batches / 4; round < Batches; round++)
        {
            var batch = batches.TryRent();
            Invariant.Require(batch is not null);
            for (var row = 0; row < BatchRows; row++)
            {
                batch.Append(0, row, 1_700_000_000_000, decide: true, pool[(((round & 0xffff) * BatchRows) + row) % PoolRows], limits.RecordBytesMax);
            }

            var startedNs = ThreadClock.NowNs();
            decoder.Decode(batch);
            tookNs += round < 0 ? 0 : ThreadClock.NowNs() - startedNs;
            Invariant.Require(batch.RejectedCount == 0);
            batches.Return(batch);
        }

        return tookNs / ((double)Batches * BatchRows);
    }

    private static byte[][] Pool(Func<int, Payment> payment) => [.. Enumerable.Range(0, PoolRows).Select(number => WireBytes.MessagePack(payment(number)))];

    private static Payment Small(int number) => new()
    {
        PaymentId = $"p-{number}",
        EventTimeMs = 1_700_000_000_000,
        AmountMinor = number,
        Currency = "EUR",
        CustomerId = $"c-{number}",
        TerminalId = $"t-{number}",
    };

    private static Payment Large(int number, Random random) => Small(number) with
    {
        PaymentId = new Guid(random.Next(), (short)number, 1, 2, 3, 4, 5, 6, 7, 8, 9).ToString("N"),
        CardId = $"card-{random.Next():x8}-{number}",
        MerchantId = $"merchant-{number}",
        Mcc = "5812",
        MerchantCountry = "DE",
        CardCountry = "FR",
        IpCountry = "DE",
        Ip = $"203.0.113.{number % 256}",
        DeviceId = $"device-{random.Next():x8}",
        EmailHash = $"{random.NextInt64():x16}{random.NextInt64():x16}",
        Channel = "online",
    };

    private static byte[] LabelOf()
    {
        var payment = Large(1, new Random(1));
        return WireBytes.MessagePack(new Label
        {
            PaymentId = payment.PaymentId,
            EventTimeMs = payment.EventTimeMs,
            KnownAtMs = payment.EventTimeMs,
            Fraud = true,
            CardId = payment.CardId,
            CustomerId = payment.CustomerId,
            TerminalId = payment.TerminalId,
            MerchantId = payment.MerchantId,
        });
    }
}
