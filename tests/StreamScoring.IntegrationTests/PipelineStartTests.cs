using Prometheus;
using StreamScoring.Batches;
using StreamScoring.Decisions;
using StreamScoring.Deployment;
using StreamScoring.Emit;
using StreamScoring.Host.Serving;
using StreamScoring.Ingest;
using StreamScoring.Logs;
using StreamScoring.Signals;
using StreamScoring.State;
using StreamScoring.TestSupport;

namespace StreamScoring.IntegrationTests;

public sealed class PipelineStartTests
{
    [Fact]
    public async Task A_pipeline_that_cannot_be_made_lets_go_of_its_ports_sink_before_source()
    {
        var topology = TopologyFile.Load(Path.Combine(SharedFolder.RepositoryRoot, "topology", "generated", "topology.yaml"), ["regions.eu.brokers=127.0.0.1:1"]);
        using var artifacts = Artifacts.Load(topology, CancellationToken.None);
        var logs = KafkaPorts.Logs(topology);
        var registry = Metrics.NewCustomRegistry();
        using var meter = new EngineMeter();
        using var export = new MeterExport(meter, registry);
        // Of another kind than the pipeline's own metric of that name: it cannot make it.
        Metrics.WithCustomRegistry(registry).CreateCounter("scoring_batch_rows", "In the way.");
        var ended = new List<string>();
        await Assert.ThrowsAnyAsync<InvalidOperationException>(() => Pipeline.StartAsync(
            topology, artifacts.Features, artifacts.PolicyOf(topology, meter), failures: null, logs, new LogCoverage(logs, TimeProvider.System), new FoldedState(artifacts.Features, logs, topology.Idempotency, topology.StateBytesMax),
            new FirstDecisions(1000), new Source(ended), new Sink(ended), meter));
        Assert.Equal(["sink", "source"], ended);
    }

    private sealed class Source(List<string> ended) : ILogSource
    {
        public IReadOnlyList<ILogReader> Readers => [];

        public bool IsCompleted => false;

        public void Start(Action wake, Action<Exception> failed)
        {
        }

        public void Acknowledged(int logIndex, long nextOffset, int count)
        {
        }

        public void Dispose() => ended.Add("source");
    }

    private sealed class Sink(List<string> ended) : IDecisionSink
    {
        public Task WriteAsync(PaymentBatch batch) => Task.CompletedTask;

        public ValueTask DisposeAsync()
        {
            ended.Add("sink");
            return ValueTask.CompletedTask;
        }
    }
}
