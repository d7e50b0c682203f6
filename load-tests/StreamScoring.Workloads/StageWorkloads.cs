using Microsoft.Extensions.Logging.Abstractions;
using StreamScoring.Batches;
using StreamScoring.Configuration;
using StreamScoring.Drift;
using StreamScoring.Emit;
using StreamScoring.Onnx;
using StreamScoring.Scoring;
using StreamScoring.Signals;
using StreamScoring.State;

namespace StreamScoring.Workloads;

/// <summary>
/// All stages by name, with the features and the model of <c>topology/handbook</c>. The list is the
/// one place to add to: the benchmarks, the baseline and the allocation gate all go by it.
/// </summary>
public static class StageWorkloads
{
    /// <summary>
    /// Passes of the ring, most of a day each, until the longest window (30 d that end a week ago)
    /// and the days kept for late payments are full, and what grew by doubling has its size.
    /// </summary>
    private const int PassesUntilFull = 64;

    /// <summary>Where the state does not matter, only that features have values.</summary>
    private const int PassesUntilFilled = 4;

    private static readonly Dictionary<string, Func<string, StageWorkload>> Makers = new(StringComparer.Ordinal)
    {
        ["decode-messagepack"] = root => Decode(root, asJson: false),
        ["decode-json"] = root => Decode(root, asJson: true),
        ["fold"] = Fold,
        ["score-onnxruntime-32"] = root => Score(root, ScoringEngine.OnnxRuntime, 32),
        ["score-onnxruntime-256"] = root => Score(root, ScoringEngine.OnnxRuntime, 256),
        ["score-trees-32"] = root => Score(root, ScoringEngine.Auto, 32),
        ["score-trees-256"] = root => Score(root, ScoringEngine.Auto, 256),
        ["decide"] = root => Decide(root, rules: 0),
        ["decide-drift"] = root => Decide(root, rules: 0, isWatched: true),
        ["decide-100-rules"] = root => Decide(root, rules: 100),
        ["encode-messagepack"] = root => Encode(root, DecisionForm.BySchema),
        ["encode-messagepack-inline"] = root => Encode(root, DecisionForm.Inline),
        ["encode-json"] = root => Encode(root, DecisionForm.Json),
    };

    public static IReadOnlyList<string> Names => [.. Makers.Keys];

    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <param name="root">The repository.</param>
    public static StageWorkload Open(string name, string root) => Makers[name](root);

    /// <summary>Batches that are decoded, and what the caller does with them.</summary>
    /// <inheritdoc cref="Open(string, string)"/>
    public static StageWorkload OpenWith(string root, Action<PaymentBatch> stage)
    {
        var (stages, ring, model) = Make(root, ScoringEngine.Auto, StageWorkload.RecordsPerRun);
        return new StageWorkload(ring, stage, stages, model);
    }

    private static StageWorkload Decode(string root, bool asJson)
    {
        var (stages, ring, model) = Make(root, ScoringEngine.Auto, StageWorkload.RecordsPerRun, readsJson: asJson);
        return new StageWorkload(ring, stages.Decode, stages, model);
    }

    private static StageWorkload Fold(string root)
    {
        var (stages, ring, model) = Make(root, ScoringEngine.Auto, StageWorkload.RecordsPerRun);
        FoldPasses(stages, ring, PassesUntilFull);
        return new StageWorkload(ring, batch => FoldOnce(stages, ring, batch), stages, model);
    }

    private static StageWorkload Score(string root, ScoringEngine engine, int batchRows)
    {
        var (stages, ring, model) = Make(root, engine, batchRows);
        FoldPasses(stages, ring, PassesUntilFilled);
        return new StageWorkload(ring, stages.Score, stages, model);
    }

    private static StageWorkload Decide(string root, int rules, bool isWatched = false)
    {
        var meter = new EngineMeter();
        var drift = isWatched ? new DriftWatch(meter, TimeSpan.FromDays(1), TimeProvider.System, NullLogger.Instance) : null;
        drift?.Start();
        var (stages, ring, model) = Make(root, ScoringEngine.Auto, StageWorkload.RecordsPerRun, rules: rules, drift: drift);
        FoldPasses(stages, ring, PassesUntilFilled);
        OnEach(ring, stages.Score);
        return new StageWorkload(ring, stages.Decide, [.. drift is null ? [] : new IDisposable[] { drift }, stages, model, meter]);
    }

    private static StageWorkload Encode(string root, DecisionForm form)
    {
        var (stages, ring, model) = Make(root, ScoringEngine.Auto, StageWorkload.RecordsPerRun, form: form);
        FoldPasses(stages, ring, PassesUntilFilled);
        OnEach(ring, stages.Score);
        OnEach(ring, stages.Decide);
        return new StageWorkload(ring, stages.Encode, stages, model);
    }

    private static (EngineStages Stages, PaymentRing Ring, OnnxModel Model) Make(
        string root, ScoringEngine engine, int batchRows, bool readsJson = false, DecisionForm form = DecisionForm.BySchema, int rules = 0, DriftWatch? drift = null)
    {
        var handbook = Path.Combine(root, "topology", "handbook");
        var file = FeatureFiles.Load(Path.Combine(handbook, "features.yaml"));
        var model = OnnxModelLoader.LoadFolder(Path.Combine(handbook, "model"), engine);
        Invariant.Require(model.Engine == (engine == ScoringEngine.OnnxRuntime ? "onnxruntime" : "trees"));
        // A decision is noted by the number of its payment, and batches are decided again and
        // again: as many places as there are at first, so that none is found taken and room made.
        var idempotency = IdempotencyOptions.Default with { PaymentsMax = 1 << 12 };
        int[] columns = [.. model.Inputs.Select(input => file.Schema.IndexOf(input.Name))];
        var stages = new EngineStages(file, model, columns, batchRows, PaymentRing.Rows / batchRows, idempotency, form, rules == 0 ? null : RuleMix.Of(file, rules), drift);
        return (stages, new PaymentRing(stages, batchRows, readsJson), model);
    }

    private static void FoldPasses(EngineStages stages, PaymentRing ring, int passes)
    {
        for (var pass = 0; pass < passes; pass++)
        {
            OnEach(ring, batch => FoldOnce(stages, ring, batch));
        }
    }

    private static void FoldOnce(EngineStages stages, PaymentRing ring, PaymentBatch batch)
    {
        ring.Advance(batch);
        stages.Fold(batch);
    }

    private static void OnEach(PaymentRing ring, Action<PaymentBatch> stage)
    {
        for (var i = 0; i < ring.BatchCount; i++)
        {
            stage(ring.Next());
        }
    }
}
