using System.Buffers;
using System.Text;
using MessagePack;
using StreamScoring.Contracts;
using StreamScoring.Logs;

namespace StreamScoring.Simulation;

/// <summary>
/// Payments, labels and rubbish: few cards and merchants, so that windows are full; ties and late
/// payments; payments that are published again; labels that come before their payment, after it,
/// and again. Where there are two regions a card has one of them as its home, until it moves or
/// that region is away; what was published just before may then go to the other one too. Some
/// publishers give one id to several payments, and stamp a retry anew.
/// </summary>
/// <param name="careless">Draws what such publishers do; null where there are none.</param>
internal sealed class SimulatedPublisher(
    IReadOnlyList<SimulatedCluster> regions, VirtualClock clock, Random random, WrongClocks clocks, int payments, int merchants, int cards, long windowMs, Random? careless = null)
{
    /// <summary>
    /// Timestamps of a log go back a little, so whether a copy at the very end of the window counts
    /// is not for certain. None is published there.
    /// </summary>
    private const long EdgeMs = 4000;

    private readonly List<Payment> _published = [];
    private readonly Dictionary<Payment, (SimulatedCluster Region, long AtMs, bool IsAgain, bool IsInBoth)> _history = [];
    private readonly Dictionary<string, SimulatedCluster> _homes = [];

    /// <summary>Payments whose first record is stamped wrongly.</summary>
    private readonly HashSet<Payment> _misdated = [];
    private int _made;

    public bool IsDone => _made >= payments;

    public void Publish()
    {
        clock.Advance(random.Next(1500));
        switch (random.Next(20))
        {
            case 0:
                PublishRubbish();
                break;
            case 1 or 2 when _published.Count > 0:
                // A publisher's retry, mostly of something recent.
                Retry(_published[^Math.Min(_published.Count, 1 + random.Next(regions.Count == 1 ? 12 : 30))]);
                break;
            case >= 3 and <= 8 when _published.Count > 0:
                PublishLabel(_published[random.Next(_published.Count)]);
                break;
            default:
                PublishNew();
                break;
        }

        if (careless?.Next(8) == 0 && _published.Count > 0)
        {
            PublishConflicting(_published[^Math.Min(_published.Count, 1 + careless.Next(12))], careless);
        }

        if (careless?.Next(12) == 0 && regions.Count == 1 && _published.Count > 0)
        {
            PublishAcrossWindows(_published[^1]);
        }
    }

    /// <summary>
    /// A card's payments go to the other region from now on. What was published last may not have
    /// arrived, for all that is known, and goes there again.
    /// </summary>
    public void Move()
    {
        var card = $"c-{random.Next(cards)}";
        var from = HomeOf(card);
        _homes[card] = Other(from);
        foreach (var payment in _published.TakeLast(12).Where(payment => payment.CardId == card && random.Next(3) > 0))
        {
            Retry(payment, _homes[card]);
        }
    }

    /// <summary>A region is lost: what went there last is published to the other one.</summary>
    public void Resend(SimulatedCluster lost)
    {
        foreach (var payment in _published.TakeLast(8).Where(payment => _history[payment].Region == lost && random.Next(3) > 0))
        {
            Retry(payment, Other(lost));
        }
    }

    private void Retry(Payment payment) =>
        Retry(payment, regions.Count > 1 && random.Next(2) == 0 ? Other(_history[payment].Region) : regions.Count > 1 ? _history[payment].Region : regions[0]);

    /// <summary>
    /// What is promised of a payment in two regions is promised of two copies, and of more that all
    /// lie within one window. With more that lie further apart, which of them count depends on
    /// which came first, so none of these is published. Nor is a copy of a payment that is stamped
    /// wrongly: of two regions nothing but timestamps tells whether records are near each other.
    /// </summary>
    private void Retry(Payment payment, SimulatedCluster region)
    {
        var (first, atMs, isAgain, isInBoth) = _history[payment];
        isInBoth |= region != first;
        var sinceMs = clock.NowMs - atMs;
        if (region.IsAway || (regions.Count > 1 && _misdated.Contains(payment)) || (isInBoth && sinceMs > windowMs - EdgeMs && (isAgain || sinceMs < windowMs + EdgeMs)) || (regions.Count > 1 && Math.Abs(sinceMs - windowMs) < EdgeMs))
        {
            return;
        }

        _history[payment] = (first, isInBoth && sinceMs > windowMs ? long.MinValue / 2 : atMs, true, isInBoth);
        // Not where it may go to two regions: which of two times is folded depends on which copy
        // came first.
        var again = regions.Count == 1 && careless?.Next(2) == 0 ? payment with { EventTimeMs = clock.NowMs / 500 * 500, Channel = "pos", Ip = "i-2" } : payment;
        Append(again, region, regions.Count > 1 ? 0 : clocks.NextMs());
    }

    /// <summary>
    /// A retry, one that is stamped a window later and so counts as another payment, and a retry of
    /// each.
    /// </summary>
    private void PublishAcrossWindows(Payment payment)
    {
        foreach (var offMs in (long[])[0, windowMs + EdgeMs, windowMs + EdgeMs, 0, 0])
        {
            clock.Advance(1);
            Append(payment with { EventTimeMs = clock.NowMs / 500 * 500, Channel = offMs == 0 ? "pos" : "online" }, regions[0], offMs);
        }
    }

    private SimulatedCluster HomeOf(string card)
    {
        if (regions.Count == 1)
        {
            return regions[0];
        }

        var home = _homes.TryGetValue(card, out var moved) ? moved : regions[(card[^1] - '0') % regions.Count];
        return home.IsAway ? Other(home) : home;
    }

    private SimulatedCluster Other(SimulatedCluster region) => regions.First(other => other != region);

    private void PublishNew()
    {
        var merchant = random.Next(8) == 0 ? null : $"m-{random.Next(merchants)}";
        var payment = new Payment
        {
            PaymentId = $"p-{_made++}",
            // Half seconds, so that some payments of a card have one time; and some are late.
            EventTimeMs = (clock.NowMs - (random.Next(6) == 0 ? random.Next(15_000) : 0)) / 500 * 500,
            AmountMinor = random.Next(1, 2000),
            Currency = random.Next(5) == 0 ? "JPY" : "EUR",
            CardId = $"c-{random.Next(cards)}",
            MerchantId = merchant,
            Channel = random.Next(2) == 0 ? "online" : "pos",
        };
        _published.Add(payment);
        if (random.Next(15) == 0)
        {
            PublishLabel(payment);
        }

        var home = HomeOf(payment.CardId);
        AppendFirst(payment, home);
    }

    /// <summary>
    /// Another payment of an id: by the same card or another, at the same time or now. No two have
    /// one amount, so none is a retry of another.
    /// </summary>
    private void PublishConflicting(Payment earlier, Random random)
    {
        var payment = earlier with
        {
            EventTimeMs = random.Next(2) == 0 ? earlier.EventTimeMs : clock.NowMs / 500 * 500,
            AmountMinor = 10_000 + _published.Count,
            CardId = random.Next(2) == 0 ? earlier.CardId : $"c-{random.Next(cards)}",
            Channel = random.Next(2) == 0 ? "online" : "pos",
        };
        _published.Add(payment);
        AppendFirst(payment, HomeOf(payment.CardId!));
    }

    private void AppendFirst(Payment payment, SimulatedCluster home)
    {
        _history[payment] = (home, clock.NowMs, false, false);
        var offMs = clocks.NextMs();
        if (offMs != 0)
        {
            _misdated.Add(payment);
        }

        Append(payment, home, offMs);
    }

    private void Append(Payment payment, SimulatedCluster region, long offMs) =>
        Append(region, "payments", PartitionOf(payment.CardId!, region), offMs, (ref MessagePackWriter writer) => PaymentMessagePack.Write(ref writer, payment));

    private void PublishLabel(Payment payment)
    {
        var label = new Label
        {
            PaymentId = payment.PaymentId,
            EventTimeMs = payment.EventTimeMs,
            KnownAtMs = clock.NowMs,
            Fraud = random.Next(2) == 0,
            CardId = payment.CardId,
            MerchantId = payment.MerchantId,
        };
        var region = Any();
        Append(region, "labels", PartitionOf(payment.CardId!, region), clocks.NextMs(), (ref MessagePackWriter writer) => PaymentMessagePack.Write(ref writer, label));
    }

    /// <summary>
    /// A card number in turn as it is and as it is not: drawing them by lot would change what every
    /// seed draws after it.
    /// </summary>
    private static readonly string[] Disguises =
    [
        "4111111111111111", "4111,1111,1111,1111", "0004111111111111111", "4111111111111111D27122010000000000000F", "41111111111111112712", "4\\u00ad111111111111111", "4111%201111%201111%201111",
    ];

    private int _disguise;

    private void PublishRubbish()
    {
        var value = random.Next(4) switch
        {
            0 => "",
            1 => "{\"payment_id\":",
            2 => "{\"payment_id\":\"x\",\"event_time\":1700000000000,\"amount_minor\":1,\"currency\":\"EUR\",\"card_id\":\"" + Disguises[_disguise++ % Disguises.Length] + "\"}",
            _ => "{\"payment_id\":\"x\",\"event_time\":1700000000000,\"amount_minor\":-1,\"currency\":\"EUR\",\"card_id\":\"c\"}",
        };
        var region = Any();
        Append(region, random.Next(4) == 0 ? "labels" : "payments", random.Next(region.Partitions), clocks.NextMs(), Encoding.UTF8.GetBytes(value));
    }

    /// <summary>One of the regions that are there.</summary>
    private SimulatedCluster Any()
    {
        var region = regions.Count == 1 ? regions[0] : regions[random.Next(regions.Count)];
        return region.IsAway ? Other(region) : region;
    }

    private static int PartitionOf(string card, SimulatedCluster region) => (card[^1] - '0') % region.Partitions;

    private delegate void WriteRecord(ref MessagePackWriter writer);

    private void Append(SimulatedCluster region, string topic, int partition, long offMs, WriteRecord write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        var writer = new MessagePackWriter(buffer);
        write(ref writer);
        writer.Flush();
        Append(region, topic, partition, offMs, buffer.WrittenSpan.ToArray());
    }

    private void Append(SimulatedCluster region, string topic, int partition, long offMs, byte[] value) =>
        // Right clocks differ a little.
        region.Input(new LogId(region.Region, topic, partition)).Append(new(clock.NowMs - random.Next(200) + offMs, value, default, 0, [], CarriesVector: false));
}
