using System.Text;
using StreamScoring.Batches;
using StreamScoring.Configuration;
using StreamScoring.Contracts;
using StreamScoring.Decisions;
using StreamScoring.Features;
using StreamScoring.Scoring;
using StreamScoring.State;
using StreamScoring.Telemetry;
using StreamScoring.Workloads;

namespace StreamScoring.Tests.Graph;

/// <summary>The engine alone: steps that whoever has it takes a batch through.</summary>
public sealed class EngineTests
{
    private static readonly FeatureFile Features =
        FeatureFiles.Parse("features.yaml", "version: 1\nfeatures:\n  - {name: tx_amount, describe: what it costs, expression: amount}\n");

    [Fact]
    public async Task Steps_that_are_run_by_hand_decide_what_the_graph_decides()
    {
        var sink = new MemoryDecisionSink();
        using var graph = new GraphHarness(sink);
        graph.AppendPayments(1);
        await graph.FinishAsync();

        using var engine = EngineOf(new FakeModel(calibration: new ScoreCalibration(OutputKind.Probability, [])));
        var batch = BatchOf(engine, GraphHarness.Payment(0));
        foreach (var step in engine.Steps)
        {
            step.Run(batch);
        }

        var byHand = Assert.Single(batch.Encoded.Records.ToArray());
        var decision = DecisionMessagePack.Read(batch.Encoded.Buffer.WrittenMemory.Slice(byHand.ValueStart, byHand.ValueLength));
        var ofGraph = Assert.Single(GraphHarness.DecisionsOf(sink));
        Assert.Equal((ofGraph.PaymentId, ofGraph.Score, ofGraph.Action, ofGraph.Probability), (decision.PaymentId, decision.Score, decision.Action, decision.Probability));
        Assert.Equal(0, decision.Score);
    }

    [Fact]
    public void Without_a_model_the_path_ends_behind_the_features()
    {
        using var engine = new Engine(new EngineParts(TestBatch.Logs, Features, NewState()));
        Assert.Equal(["ingest", "enrich"], engine.Steps.Select(step => step.Name));
        Assert.Null(engine.Policies);
    }

    [Fact]
    public void One_step_writes_the_state_one_runs_on_lanes_and_the_others_share_a_thread()
    {
        using var engine = EngineOf(new FakeModel());
        Assert.Equal(
            [("ingest", StepThread.Shared), ("enrich", StepThread.State), ("score", StepThread.Lanes), ("decide", StepThread.Shared), ("emit", StepThread.Shared)],
            engine.Steps.Select(step => (step.Name, step.Thread)));
    }

    [Fact]
    public void A_step_that_fails_names_itself_and_the_positions_that_it_worked_on()
    {
        using var engine = EngineOf(new FakeModel());
        var batch = BatchOf(engine, GraphHarness.Payment(0));
        // Decoded by nobody: the encoder owes a decision that no step has made.
        batch.Kind[0] = RowKind.Payment;
        var failed = Assert.Throws<StageFailedException>(() => engine.Steps[^1].Run(batch));
        Assert.StartsWith("emit failed on eu/payments/0 offsets 0..0: ", failed.Message, StringComparison.Ordinal);
    }

    private static Engine EngineOf(FakeModel model)
    {
        var stamp = new DecisionStamp(Features.Hash, null, Features.Hash, Features.Schema.Names, 100);
        return new Engine(new EngineParts(TestBatch.Logs, Features, NewState(), new DecisionParts(new PolicyParts(model, [0], stamp, new RiskThresholds()), new FirstDecisions(1000))));
    }

    private static FoldedState NewState() => new(Features, TestBatch.Logs, IdempotencyOptions.Default);

    private static PaymentBatch BatchOf(Engine engine, string record)
    {
        var batch = engine.Pool.TryRent();
        Assert.NotNull(batch);
        batch.Append(TestBatch.Payments, 0, TestBatch.LogTimestampMs, decide: true, Encoding.UTF8.GetBytes(record), 4096);
        return batch;
    }
}
