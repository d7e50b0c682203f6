using System.Diagnostics;
using StreamScoring.Kafka;
using StreamScoring.TestSupport;

namespace StreamScoring.IntegrationTests;

/// <summary>The sample programs, as somebody runs them who starts from them.</summary>
public sealed class SampleTests(KafkaCluster cluster) : IClassFixture<KafkaCluster>
{
    private const string Topology = "topology/handbook/topology.yaml";
    private const int Payments = 40;

    [SharedFact]
    public async Task The_samples_do_what_they_say_on_a_real_broker()
    {
        await ScoringProcess.SucceedAsync(cluster.Environment, "topics", "create", "--topology", Topology);
        await RunSamplesAsync(cluster.Environment);
    }

    [Fact]
    public async Task The_samples_do_what_they_say_on_the_embedded_broker()
    {
        using var broker = new EmbeddedBroker();
        foreach (var topic in new[] { "payments", "labels", "decisions", "dead-letters" })
        {
            broker.CreateTopic(topic, 4);
        }

        broker.CreateTopic("schemas", 1);

        await RunSamplesAsync(new Dictionary<string, string> { ["SCORING_BROKERS"] = broker.Brokers, ["SCORING_HTTP_PORT"] = "0" });
    }

    private static async Task RunSamplesAsync(IReadOnlyDictionary<string, string> environment)
    {
        using var pipeline = ScoringProcess.Start(environment, "run", "--topology", Topology);
        var errors = pipeline.StandardError.ReadToEndAsync();
        try
        {
            var ready = await pipeline.StandardOutput.ReadLineAsync();
            Assert.True(ready?.StartsWith("ready: region eu", StringComparison.Ordinal), ready ?? await errors);

            var decided = await SampleAsync(environment, "decide", $"{Payments}");
            Assert.Equal(Payments, decided.Length);
            for (var i = 0; i < Payments; i++)
            {
                Assert.Matches(i % 10 == 9 ? $"^sample-{i} refused unknown_currency$" : $@"^sample-{i} (allow|challenge|review|block) \d+ eu/payments/\d/\d+$", decided[i]);
            }

            var radar = await SampleAsync(environment, "radar", $"{Payments * 9 / 10}");
            Assert.StartsWith($"decisions {Payments * 9 / 10}, repeated 0, poison 0: ", radar[^1], StringComparison.Ordinal);

            var file = Path.GetTempFileName();
            await File.WriteAllLinesAsync(file, Enumerable.Range(0, Payments).Select(i => $"sample-{i},2026-01-01T12:00:00Z,customer-{i % 5},terminal-{i % 3},{i % 2}"));
            Assert.Equal([$"labels {Payments}"], await SampleAsync(environment, "labels", file));
            File.Delete(file);
        }
        finally
        {
            using var interrupt = Process.Start("kill", ["-INT", $"{pipeline.Id}"]);
            await interrupt.WaitForExitAsync();
            await pipeline.WaitForExitAsync();
        }

        Assert.Equal(130, pipeline.ExitCode);
        Assert.Contains($"\"decisions\":{Payments * 9 / 10},\"dead_letters\":{Payments / 10}", await errors, StringComparison.Ordinal);
    }

    private static async Task<string[]> SampleAsync(IReadOnlyDictionary<string, string> environment, params string[] arguments)
    {
        var configuration = AppContext.BaseDirectory.Contains("Release", StringComparison.Ordinal) ? "Release" : "Debug";
        var program = Path.Combine(SharedFolder.RepositoryRoot, "samples", "StreamScoring.Samples", "bin", configuration, "net10.0", "samples.dll");
        var outcome = await ScoringProcess.RunProgramAsync(program, environment, arguments);
        Assert.True(outcome.ExitCode == 0, $"samples {string.Join(' ', arguments)} ended with {outcome.ExitCode}: {outcome.Errors}");
        return outcome.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}
