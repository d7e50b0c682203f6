using StreamScoring.Kafka;
using StreamScoring.KafkaClients.Native;
using StreamScoring.Logs;
using StreamScoring.TestSupport;

namespace StreamScoring.IntegrationTests;

/// <summary>What a client says of its logs, on its own thread and on the graph's.</summary>
public sealed class ReportedErrorsTests
{
    private static readonly LogTable Logs = new([.. Enumerable.Range(0, 64).Select(partition => (new LogId("eu", "payments", partition), LogKind.Payments))]);

    private readonly List<string> _said = [];
    private readonly List<Exception> _failures = [];
    private readonly LogHealth _health;

    public ReportedErrorsTests()
    {
        _health = new LogHealth(Logs, TimeProvider.System, new TextLogger(said =>
        {
            lock (_said)
            {
                _said.Add(said);
            }
        }));
    }

    [Fact]
    public async Task Two_threads_report_at_the_same_time_and_each_failure_is_said_once()
    {
        var errors = new ReportedErrors("eu at 127.0.0.1:1", [.. Enumerable.Range(0, Logs.Count)], _health, _failures.Add);
        await Task.WhenAll(Enumerable.Range(0, 2).Select(_ => Task.Run(() =>
        {
            for (var i = 0; i < 20_000; i++)
            {
                errors.Report(Logs[i % Logs.Count], i % 3 == 0 ? Librdkafka.TransportError : Librdkafka.TimedOut);
            }
        })));
        Assert.Equal(2 * Logs.Count, _said.Count);
        Assert.Equal(_said.Count, _said.Distinct().Count());
        Assert.Empty(_failures);
    }

    [Fact]
    public void What_does_not_pass_by_itself_ends_the_source_once_however_often_it_is_told()
    {
        var errors = new ReportedErrors("eu at 127.0.0.1:1", [0, 1], _health, _failures.Add);
        Parallel.For(0, 100, i => errors.Report(Logs[i % 2], Librdkafka.TopicAuthorizationFailed));
        Assert.IsType<KafkaFailedException>(Assert.Single(_failures));
    }

    [Fact]
    public void Of_a_followed_region_nothing_ends_the_process()
    {
        var errors = new ReportedErrors("region us, us at 127.0.0.1:1", [0, 1], _health, failed: null);
        errors.Report(new LogId("us", "", -1), Librdkafka.AllBrokersDown);
        errors.Report(Logs[0], Librdkafka.OffsetOutOfRange);
        Assert.Equal(2, _said.Count);
        Assert.StartsWith("region us, us at 127.0.0.1:1: ", _said[0], StringComparison.Ordinal);
        Assert.StartsWith("eu/payments/0: it was made anew", _said[1], StringComparison.Ordinal);
    }
}
