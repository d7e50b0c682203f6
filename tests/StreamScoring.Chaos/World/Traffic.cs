using System.Text;
using System.Text.Json;
using Confluent.Kafka;
using MessagePack;
using StreamScoring.Chaos.Oracle;
using StreamScoring.Contracts;

namespace StreamScoring.Chaos.World;

/// <summary>
/// Publishes payments and labels at a steady rate, on a schedule: customers of all partitions and shared terminals, event times that rise by
/// quarters of a minute, some payments twice, some records that are none.
/// </summary>
public sealed class Traffic : IDisposable
{
    private const int CustomerCount = 300, TerminalCount = 100, RecentMax = 2000;
    private const double DuplicateShare = 0.03, InvalidShare = 0.02, LabelShare = 0.3;

    /// <summary>At some hundred payments a second an hour passes in about a second, so windows of days open and close while it runs.</summary>
    private const long EventStepMs = 15_000, EventStartMs = 1_700_000_000_000;

    private readonly IProducer<string, byte[]> _producer;
    private readonly Random _random;
    private readonly int _rate;
    private readonly CancellationTokenSource _stop = new();
    private readonly List<(string Customer, byte[] Value)> _recent = [];
    private Task _running = Task.CompletedTask;
    private long _published;
    private volatile string? _refused;

    public Traffic(string brokers, int rate, int seed)
    {
        (_rate, _random) = (rate, new Random(seed));
        _producer = new ProducerBuilder<string, byte[]>(new ProducerConfig
        {
            BootstrapServers = brokers,
            EnableIdempotence = true,
            Acks = Acks.All,
            MessageTimeoutMs = 0,
            LingerMs = 5,
        }).SetLogHandler((_, _) => { }).SetErrorHandler((_, _) => { }).Build();
    }

    /// <summary>Records handed to the brokers.</summary>
    public long Published => Interlocked.Read(ref _published);

    public void Start() => _running = Task.Run(RunAsync);

    /// <summary>Ends, and waits until the brokers have everything.</summary>
    public async Task StopAsync(CancellationToken cancel)
    {
        await _stop.CancelAsync();
        await _running;
        while (_producer.Flush(TimeSpan.FromMilliseconds(200)) > 0)
        {
            cancel.ThrowIfCancellationRequested();
        }

        if (_refused is { } reason)
        {
            throw new InvalidOperationException($"the brokers refused a record of the test's own: {reason}");
        }
    }

    public void Dispose()
    {
        _producer.Dispose();
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        var started = TimeProvider.System.GetTimestamp();
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
        var sequence = 0;
        while (!_stop.IsCancellationRequested && await timer.WaitForNextTickAsync(CancellationToken.None))
        {
            for (var due = (int)(TimeProvider.System.GetElapsedTime(started).TotalSeconds * _rate); sequence < due; sequence++)
            {
                PublishNext(sequence);
            }
        }
    }

    private void PublishNext(int sequence)
    {
        var customer = $"customer-{_random.Next(CustomerCount)}";
        if (_random.NextDouble() < InvalidShare)
        {
            Send(_random.Next(3) == 0 ? Topics.Labels : Topics.Payments, customer, InvalidRecords.Next(_random), Expect.DeadLetter);
        }
        else if (_recent.Count > 0 && _random.NextDouble() < DuplicateShare)
        {
            var (again, value) = _recent[_random.Next(_recent.Count)];
            Send(Topics.Payments, again, value, Expect.Decision);
        }
        else
        {
            PublishPayment(sequence, customer);
        }
    }

    private void PublishPayment(int sequence, string customer)
    {
        var payment = new Payment
        {
            PaymentId = $"p-{sequence}",
            EventTimeMs = EventStartMs + (sequence * EventStepMs),
            AmountMinor = _random.Next(1, 50_000),
            Currency = "EUR",
            CustomerId = customer,
            TerminalId = $"terminal-{_random.Next(TerminalCount)}",
        };
        var value = _random.Next(2) == 0 ? Json(payment) : Compact(payment);
        Send(Topics.Payments, customer, value, Expect.Decision);
        if (_recent.Count < RecentMax)
        {
            _recent.Add((customer, value));
        }
        else
        {
            _recent[_random.Next(RecentMax)] = (customer, value);
        }

        if (_random.NextDouble() < LabelShare)
        {
            var label = new Label
            {
                PaymentId = payment.PaymentId,
                EventTimeMs = payment.EventTimeMs,
                KnownAtMs = payment.EventTimeMs + 1,
                Fraud = _random.Next(4) == 0,
                CustomerId = payment.CustomerId,
                TerminalId = payment.TerminalId,
            };
            var buffer = new System.Buffers.ArrayBufferWriter<byte>();
            var writer = new MessagePackWriter(buffer);
            PaymentMessagePack.Write(ref writer, label);
            writer.Flush();
            Send(Topics.Labels, customer, buffer.WrittenSpan.ToArray(), Expect.Nothing);
        }
    }

    private void Send(string topic, string key, byte[] value, Expect expect)
    {
        var message = new Message<string, byte[]> { Key = key, Value = value, Headers = [new Header(Topics.ExpectHeader, Encoding.UTF8.GetBytes(expect.ToString()))] };
        _producer.Produce(topic, message, report =>
        {
            if (report.Error.IsError)
            {
                _refused = report.Error.Reason;
            }
        });
        Interlocked.Increment(ref _published);
    }

    private static byte[] Json(Payment payment)
    {
        var buffer = new System.Buffers.ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            PaymentJson.Write(writer, payment);
        }

        return buffer.WrittenSpan.ToArray();
    }

    private static byte[] Compact(Payment payment)
    {
        var buffer = new System.Buffers.ArrayBufferWriter<byte>();
        var writer = new MessagePackWriter(buffer);
        PaymentMessagePack.Write(ref writer, payment);
        writer.Flush();
        return buffer.WrittenSpan.ToArray();
    }
}
