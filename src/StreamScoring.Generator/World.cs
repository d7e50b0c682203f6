using System.Globalization;
using System.Text.Json;
using StreamScoring.Contracts;

namespace StreamScoring.Generator;

/// <summary>
/// A simulated world of customers, merchants and fraudsters, and its payments in event-time order
/// without end. Ids begin with letters, so that none can be taken for a card number.
/// </summary>
public sealed class World
{
    private const long MinuteMs = 60_000, HourMs = 60 * MinuteMs, DayMs = 24 * HourMs;

    private static readonly string[] Mccs = ["5411", "5812", "5541", "5732", "5311", "5942", "5816", "7995", "4829", "4111", "5651", "5999"];
    private static readonly string[] Agents = ["firefox", "chrome", "safari", "app-ios", "app-android"];

    private readonly WorldOptions _options;
    private readonly Random _random;
    private readonly Customer[] _customers;
    private readonly Merchant[] _merchants;
    private readonly PriorityQueue<Func<GeneratedPayment>, (long, long)> _planned = new();
    private long _payments;
    private long _plans;
    private long _fresh;

    public World(WorldOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        _options = options;
        _random = new Random(options.Seed);
        _merchants = [.. Enumerable.Range(0, options.Merchants).Select(NewMerchant)];
        _customers = [.. Enumerable.Range(0, options.Customers).Select(NewCustomer)];
    }

    /// <summary>Payments in event-time order; take as many as you need.</summary>
    public IEnumerable<GeneratedPayment> Payments()
    {
        var clockMs = _options.StartMs;
        while (true)
        {
            clockMs += NextGapMs(clockMs);
            while (_planned.TryPeek(out var plan, out var due) && due.Item1 <= clockMs)
            {
                _planned.Dequeue();
                yield return plan();
            }

            var customer = ActiveCustomer(clockMs);
            var merchant = Pick(customer.Merchants.Select(number => _merchants[number]).ToArray());
            yield return Pay(customer, merchant, clockMs, Amount(customer, merchant), new Means(customer.DeviceId, customer.Ip, customer.Country, customer.EmailHash), null);
            if (_random.NextDouble() < _options.FraudStartRate)
            {
                Plan(Pick(Enum.GetValues<FraudScenario>()), customer, clockMs);
            }
        }
    }

    /// <summary>A fraud's name as data sets show it: <c>stolen_card</c>.</summary>
    private static string NameOf(FraudScenario scenario) => JsonNamingPolicy.SnakeCaseLower.ConvertName(scenario.ToString());

    private void Plan(FraudScenario scenario, Customer victim, long nowMs)
    {
        var abroad = (victim.Country + 1 + _random.Next(Country.All.Length - 1)) % Country.All.Length;
        var means = new Means(Fresh("de"), Address(abroad), abroad, victim.EmailHash);
        switch (scenario)
        {
            case FraudScenario.StolenCard:
                Repeat(3 + _random.Next(8), nowMs, 40 * MinuteMs, () => (victim, Pick(_merchants), victim.MeanAmount * (3 + (5 * _random.NextDouble())), means));
                break;
            case FraudScenario.CardTesting:
                var shop = Pick(_merchants.Where(merchant => merchant.IsOnline).ToArray());
                Repeat(20 + _random.Next(30), nowMs, 30_000, () => (Pick(_customers), shop, 0.5 + (3 * _random.NextDouble()), means));
                break;
            case FraudScenario.CompromisedTerminal:
                var cards = Enumerable.Range(0, 6).Select(_ => Pick(_customers)).ToArray();
                var source = _merchants[victim.Merchants[0]];
                Repeat(15 + _random.Next(15), nowMs, 4 * HourMs, () =>
                {
                    var customer = Pick(cards);
                    return (customer, source, customer.MeanAmount * (1 + _random.NextDouble()), new Means(customer.DeviceId, customer.Ip, customer.Country, customer.EmailHash));
                });
                break;
            case FraudScenario.AccountTakeover:
                Repeat(2 + _random.Next(4), nowMs, 20 * MinuteMs, () => (
                    victim, Pick(_merchants.Where(merchant => merchant.Mcc is "5732" or "5816").DefaultIfEmpty(_merchants[0]).ToArray()),
                    victim.MeanAmount * (2 + (3 * _random.NextDouble())), means with { Country = victim.Country, EmailHash = Fresh("em") }));
                break;
            case FraudScenario.FriendlyFraud:
                Repeat(1, nowMs, HourMs, () => (victim, _merchants[victim.Merchants[0]], victim.MeanAmount, new Means(victim.DeviceId, victim.Ip, victim.Country, victim.EmailHash)));
                break;
            case FraudScenario.MerchantBustOut:
                var bust = Pick(_merchants);
                Repeat(30 + _random.Next(40), nowMs, 30 * MinuteMs, () =>
                {
                    var customer = Pick(_customers);
                    return (customer, bust, 50 + (200 * _random.NextDouble()), new Means(customer.DeviceId, customer.Ip, customer.Country, customer.EmailHash));
                });
                break;
            default:
                var target = Pick(_merchants);
                Repeat(25 + _random.Next(40), nowMs, 5000, () => (Pick(_customers), target, 20 + (150 * _random.NextDouble()), means with { DeviceId = Fresh("de") }));
                break;
        }

        void Repeat(int count, long fromMs, long gapMs, Func<(Customer, Merchant, double, Means)> payment)
        {
            var at = fromMs;
            for (var i = 0; i < count; i++)
            {
                at += 1 + (long)(2 * gapMs * _random.NextDouble());
                var when = at;
                _planned.Enqueue(
                    () =>
                    {
                        var (customer, merchant, euros, with) = payment();
                        return Pay(customer, merchant, when, euros, with, scenario);
                    },
                    (when, _plans++));
            }
        }
    }

    private GeneratedPayment Pay(Customer customer, Merchant merchant, long atMs, double euros, Means means, FraudScenario? scenario)
    {
        var country = Country.All[customer.Country];
        var isOnline = merchant.IsOnline;
        var payment = new Payment
        {
            PaymentId = $"pa-{_options.Seed}-{_payments++}",
            EventTimeMs = atMs,
            AmountMinor = Math.Max(1, (long)Math.Round(euros * country.PerEuro * Math.Pow(10, country.Decimals))),
            Currency = country.Currency,
            CardId = customer.CardId,
            CustomerId = customer.Id,
            MerchantId = merchant.Id,
            TerminalId = isOnline ? null : $"te-{merchant.Number}-{_random.Next(merchant.Terminals)}",
            Mcc = merchant.Mcc,
            MerchantCountry = Country.All[merchant.Country].Code,
            CardCountry = country.Code,
            IpCountry = isOnline ? Country.All[means.Country].Code : null,
            Ip = isOnline ? means.Ip : null,
            DeviceId = isOnline ? means.DeviceId : null,
            EmailHash = isOnline ? means.EmailHash : null,
            Channel = isOnline ? "online" : "card_present",
            Attributes = isOnline
                ? new Dictionary<string, object> { ["basket_items"] = (double)(1 + _random.Next(6)), ["user_agent_family"] = Agents[customer.Number % Agents.Length] }
                : null,
        };
        // Fraud is reported within days; friendly fraud takes a bank statement; what is never
        // reported is taken for genuine after a month.
        var delay = scenario switch
        {
            null => 30 * DayMs,
            FraudScenario.FriendlyFraud => (long)((20 + (15 * _random.NextDouble())) * DayMs),
            _ => (long)((0.2 + (2 * _random.NextDouble())) * DayMs),
        };
        return new GeneratedPayment(payment, scenario is not null, scenario is { } kind ? NameOf(kind) : "genuine", atMs + delay);
    }

    /// <summary>Exponential gaps, at night four times as long as by day.</summary>
    private long NextGapMs(long clockMs)
    {
        var isNight = clockMs / HourMs % 24 < 6;
        return 1 + (long)(-Math.Log(1 - _random.NextDouble()) * DayMs / _options.PaymentsPerDay * (isNight ? 4 : 0.8));
    }

    private Customer ActiveCustomer(long clockMs)
    {
        var hour = (int)(clockMs / HourMs % 24);
        var customer = Pick(_customers);
        for (var tries = 0; tries < 4 && (hour - customer.WakesAtHour + 24) % 24 > 15; tries++)
        {
            customer = Pick(_customers);
        }

        return customer;
    }

    private double Amount(Customer customer, Merchant merchant) =>
        Math.Max(0.5, customer.MeanAmount * merchant.PriceLevel * Math.Exp(0.5 * Normal()));

    private Customer NewCustomer(int number)
    {
        var country = _random.Next(Country.All.Length);
        // Popularity falls off as in Zipf's law: a few merchants are visited by many.
        var favourites = Enumerable.Range(0, 8).Select(_ => (int)(_options.Merchants * Math.Pow(_random.NextDouble(), 2.5))).ToArray();
        return new Customer(
            number, country, Fresh("ca"), Fresh("de"), Address(country), Fresh("em"), 10 + (60 * _random.NextDouble()), 5 + _random.Next(5), favourites);
    }

    private Merchant NewMerchant(int number) => new(
        number, _random.Next(Country.All.Length), Pick(Mccs), _random.NextDouble() < 0.5, 0.4 + (1.6 * _random.NextDouble()), 1 + _random.Next(6));

    private string Fresh(string prefix) => $"{prefix}-{_options.Seed}-{_fresh++}";

    private string Address(int country) => string.Create(CultureInfo.InvariantCulture, $"10.{country + 1}.{_random.Next(256)}.{1 + _random.Next(254)}");

    /// <summary>Box and Muller, 1958.</summary>
    private double Normal() => Math.Sqrt(-2 * Math.Log(1 - _random.NextDouble())) * Math.Cos(2 * Math.PI * _random.NextDouble());

    private T Pick<T>(T[] choices) => choices[_random.Next(choices.Length)];

    /// <summary>What a payment is made with.</summary>
    private sealed record Means(string DeviceId, string Ip, int Country, string EmailHash);
}
