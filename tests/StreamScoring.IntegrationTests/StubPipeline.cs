using System.Text;
using Confluent.Kafka;
using StreamScoring.Client;
using StreamScoring.Contracts;

namespace StreamScoring.IntegrationTests;

/// <summary>
/// Decides payments by the contract alone, so that the client can be tested without a model: each
/// position once, a repeated payment id flagged. A payment whose id starts with <c>silent</c> is
/// never decided, one that starts with <c>refused</c> becomes a dead letter.
/// </summary>
internal sealed class StubPipeline : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _deciding;

    public StubPipeline(string brokers, int partitions) => _deciding = Task.Factory.StartNew(
        () => Run(brokers, partitions), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _deciding;
        _stop.Dispose();
    }

    private void Run(string brokers, int partitions)
    {
        using var consumer = new ConsumerBuilder<byte[], byte[]>(new ConsumerConfig { BootstrapServers = brokers, GroupId = "stub", FetchWaitMaxMs = 10 }).Build();
        consumer.Assign(Enumerable.Range(0, partitions).Select(partition => new TopicPartitionOffset("payments", partition, Offset.Beginning)));
        using var decisions = new DecisionLog(brokers, "decisions");
        using var deadLetters = new DecisionLog(brokers, "dead-letters");
        var seen = new HashSet<string>();
        while (!_stop.IsCancellationRequested)
        {
            if (consumer.Consume(TimeSpan.FromMilliseconds(50)) is not { } result)
            {
                continue;
            }

            var payment = PaymentMessagePack.ReadPayment(result.Message.Value);
            var source = new DecisionSource("eu", "payments", result.Partition.Value, result.Offset.Value);
            if (payment.PaymentId.StartsWith("refused", StringComparison.Ordinal))
            {
                var text = $$"""
                    {"reason":"unknown_currency","field":"currency","detail":"currency is not an ISO 4217 code","source":{"region":"eu","topic":"payments","partition":{{source.Partition}},"offset":{{source.Offset}}},
                    "log_time":"2026-01-01T00:00:00.000Z","rejected_at":"2026-01-01T00:00:00.000Z","value_bytes":2,"redacted":false,"cut":false,"value":"{}"}
                    """;
                deadLetters.Write(source.Partition, payment.PaymentId, Encoding.UTF8.GetBytes(text), DecisionLog.HeadersOf(source));
            }
            else if (!payment.PaymentId.StartsWith("silent", StringComparison.Ordinal))
            {
                decisions.Decide(source.Partition, source.Offset, payment.PaymentId, seen.Add(payment.PaymentId) ? [] : [ReadDecision.DuplicateFlag]);
            }
            else if (!seen.Add(payment.PaymentId))
            {
                // The second try of a payment whose first was left undecided: both are decided now,
                // the first first.
                decisions.Decide(source.Partition, source.Offset - 1, payment.PaymentId);
                decisions.Decide(source.Partition, source.Offset, payment.PaymentId, ReadDecision.DuplicateFlag);
            }
        }
    }
}
