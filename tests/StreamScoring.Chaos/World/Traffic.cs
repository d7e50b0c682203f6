using System.Text;
using System.Text.Json;
using Confluent.Kafka;
using MessagePack;
using StreamScoring.Chaos.Oracle;
using StreamScoring.Contracts;

namespace StreamScoring.Chaos.World;

/// <summary>
/// Publishes payments and labels at a steady rate, on a schedule: customers of all partitions and
/// shared terminals, event times that rise by quarters of a minute, some payments twice, some
/// records that are none. Once its clock was wrong, what comes twice bears a new event time: where
/// the pipeline takes it for new, event times still rise.
/// </summary>
public sealed class Traffic : IDisposable
{
    private const int CustomerCount = 300, TerminalCount = 100, RecentMax = 2000;
    private const double DuplicateShare = 0.03, InvalidShare = 0.02, LabelShare = 0.3;

    /// <summary>
    /// At some hundred payments a second an hour passes in about a second, so windows of days open
    /// and close while it runs.
    /// </summary>
    private const long EventStepMs = 15_000, EventStartMs = 1_700_000_000_000;

    private static readonly TimeSpan HoldPatience = TimeSpan.FromMinutes(3);

    private readonly Dictionary<string, TopicPublisher> _publishers;
    private readonly Random _random;
    private readonly int _rate;
    private readonly CancellationTokenSource _stop = new();
    private readonly List<(Payment Payment, byte[] Value)> _recent = [];
    private Task _running = Task.CompletedTask;
    private long _published;

    public Traffic(string brokers, int rate, int seed)
    {
        (_rate, _random) = (rate, new Random(seed));
        _publishers = new[] { Topics.Payments, Topics.Labels }.ToDictionary(topic => topic, topic => new TopicPublisher(brokers, topic));
    }

    /// <summary>Stamps all records.</summary>
    public PublisherClock Clock { get; } = new();

    /// <summary>Records handed to the brokers, or held for them.</summary>
    public long Published => Interlocked.Read(ref _published);

    public void Start() => _running = Task.Run(RunAsync);

    /// <summary>Ends, and waits until the brokers have everything.</summary>
    public async Task StopAsync(CancellationToken cancel)
    {
        await _stop.CancelAsync();
        await _running;
        foreach (var publisher in _publishers.Values)
        {
            await publisher.HoldAsync(cancel);
        }
    }

    /// <summary>
    /// Publishes nothing to a topic from now on. Returns once the brokers have what was published
    /// before.
    /// </summary>
    /// <exception cref="OperationCanceledException">They did not take it in time.</exception>
    public async Task HoldAsync(string topic)
    {
        using var patience = new CancellationTokenSource(HoldPatience);
        await _publishers[topic].HoldAsync(patience.Token);
    }

    /// <summary>Publishes to the topic again, beginning with what was held meanwhile.</summary>
    public void GoOn(string topic) => _publishers[topic].GoOn();

    public void Dispose()
    {
        _stop.Cancel();
        // Not while it publishes: the native clients go here. How it ended is told to whoever stops
        // it.
        Task.WaitAny(_running);
        foreach (var publisher in _publishers.Values)
        {
            publisher.Dispose();
        }

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
            Send(Topics.Payments, again.CustomerId!, Clock.WasWrong ? Written(again with { EventTimeMs = EventTimeOf(sequence) }) : value, Expect.Decision);
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
            EventTimeMs = EventTimeOf(sequence),
            AmountMinor = _random.Next(1, 50_000),
            Currency = "EUR",
            CustomerId = customer,
            TerminalId = $"terminal-{_random.Next(TerminalCount)}",
        };
        var value = Written(payment);
        Send(Topics.Payments, customer, value, Expect.Decision);
        if (_recent.Count < RecentMax)
        {
            _recent.Add((payment, value));
        }
        else
        {
            _recent[_random.Next(RecentMax)] = (payment, value);
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
        if (Clock.NextMs(_random) is { } aheadMs)
        {
            message.Timestamp = new Timestamp(DateTimeOffset.UtcNow.AddMilliseconds(aheadMs));
        }

        _publishers[topic].Send(message);
        Interlocked.Increment(ref _published);
    }

    private static long EventTimeOf(int sequence) => EventStartMs + (sequence * EventStepMs);

    private byte[] Written(Payment payment) => _random.Next(2) == 0 ? Json(payment) : Compact(payment);

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
