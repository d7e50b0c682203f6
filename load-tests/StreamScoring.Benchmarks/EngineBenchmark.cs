using StreamScoring.Batches;
using StreamScoring.Configuration;
using StreamScoring.Features;
using StreamScoring.Onnx;
using StreamScoring.Scoring;

namespace StreamScoring.Benchmarks;

/// <summary>
/// B2: everything between the two ports, on one thread, against the model alone on the same rows
/// with their features ready. The two alternate every few thousand payments, so that a noisy
/// neighbour meets both, and time is the thread's CPU time.
/// </summary>
internal sealed class EngineBenchmark : IDisposable
{
    /// <summary>
    /// Payments between two changes: so many that no branch predictor knows the rows from the last
    /// time.
    /// </summary>
    private const int ChunkRows = 8192;

    private readonly EngineStages _stages;
    private readonly IScoringLane _alone;
    private readonly IEnumerator<BenchmarkRecord> _records;
    private readonly BenchmarkRecord[] _chunk = new BenchmarkRecord[ChunkRows];
    private readonly ReadyRows[] _ready;
    private readonly int[] _allRows;
    private readonly double[] _raw;
    private readonly int _batchRows;
    private readonly string _engine;

    private EngineBenchmark(FeatureFile file, OnnxModel model, IEnumerable<BenchmarkRecord> records, int batchRows, int rules)
    {
        var columns = model.Inputs.Select(input => file.Schema.IndexOf(input.Name)).ToList();
        (_batchRows, _engine) = (batchRows, model.Engine);
        (_stages, _records) = (new EngineStages(file, model, columns, batchRows, rules: rules == 0 ? null : RuleMix.Of(file, rules)), records.GetEnumerator());
        _alone = model.OpenLane(columns, batchRows);
        _ready = [.. Enumerable.Range(0, ChunkRows / batchRows).Select(_ => new ReadyRows(file.Layout.FeatureCount, batchRows))];
        _allRows = [.. Enumerable.Range(0, batchRows)];
        _raw = new double[batchRows];
    }

    public static int Run(string[] arguments)
    {
        var options = new BenchmarkOptions(arguments);
        var features = FeatureFiles.Load(options.Text("features") ?? "topology/handbook/features.yaml");
        var results = new ResultFile(options.Text("results"));
        using var model = LoadModel(Path.Combine(options.Required("model"), OnnxModelLoader.ModelFile), features, options.Text("engine") ?? "onnxruntime");
        results.Machine("engine", options.Text("command") ?? "engine");
        foreach (var batchRows in options.Texts("batch-rows") is { Count: > 0 } sizes ? sizes.Select(int.Parse) : [32, 256])
        {
            IEnumerable<BenchmarkRecord> records = options.Texts("payments") is { Count: > 0 } tables
                ? TableRecords.Read(tables, options.Text("columns") ?? "topology/handbook/columns.yaml")
                : GeneratedRecords.Generate(options.Integer("seed", 1));
            using var benchmark = new EngineBenchmark(features, model, records, batchRows, options.Integer("rules", 0));
            benchmark.Measure(options.Integer("warm-up", 450_000), options.Integer("rows", 200_000), options.Integer("runs", 5), results);
        }

        return 0;
    }

    private static OnnxModel LoadModel(string path, FeatureFile features, string engine)
    {
        var model = OnnxModelLoader.LoadFile(
            path, features.Schema.Names, OutputKind.Probability, engine == "trees" ? ScoringEngine.Auto : ScoringEngine.OnnxRuntime);
        return model.Engine == engine ? model : throw new InvalidInputFileException($"{path}: {engine} does not serve it. {string.Join("; ", model.Notices)}");
    }

    public void Dispose()
    {
        _stages.Dispose();
        _alone.Dispose();
        _records.Dispose();
    }

    /// <param name="warmUp">Records before anything counts: with them the longest window is full
    /// and the code is compiled for good.</param>
    /// <param name="rows">Records of a run.</param>
    private void Measure(int warmUp, int rows, int runs, ResultFile results)
    {
        var (ratios, payments, aloneRows, bytes) = (new List<double>(), new List<double>(), new List<double>(), new List<double>());
        var stages = EngineStages.Names.Select(_ => new List<double>()).ToArray();
        RunChunks(warmUp);
        for (var run = 1; run <= runs; run++)
        {
            var (pauses, collections) = (GC.GetTotalPauseDuration(), GC.CollectionCount(0));
            var (decided, aloneNs, allocated) = RunChunks(rows);
            var microseconds = _stages.TookNs.Select(ns => Microseconds(ns, decided)).ToArray();
            ratios.Add(aloneNs / (double)_stages.TookNs.Sum());
            payments.Add(1e6 / microseconds.Sum());
            aloneRows.Add(1e6 / Microseconds(aloneNs, decided));
            bytes.Add(allocated / (double)decided);
            for (var stage = 0; stage < stages.Length; stage++)
            {
                stages[stage].Add(microseconds[stage]);
            }

            results.Append(new
            {
                benchmark = "engine",
                engine = _engine,
                batchRows = _batchRows,
                run,
                payments = decided,
                ratio = Statistics.Rounded(ratios[^1]),
                paymentsPerSecond = Math.Round(payments[^1]),
                modelAloneRowsPerSecond = Math.Round(aloneRows[^1]),
                microsecondsPerPayment = EngineStages.Names.Zip(microseconds.Select(Statistics.Rounded)).ToDictionary(pair => pair.First, pair => pair.Second),
                bytesAllocatedPerPayment = Statistics.Rounded(bytes[^1]),
                gcPauseMs = Statistics.Rounded((GC.GetTotalPauseDuration() - pauses).TotalMilliseconds),
                collections = GC.CollectionCount(0) - collections,
            });
            Console.Error.WriteLine(
                $"batches of {_batchRows}, run {run}: {payments[^1]:0} payments/s, model alone {aloneRows[^1]:0} rows/s, ratio {ratios[^1]:0.000}; µs a payment: "
                + string.Join(", ", EngineStages.Names.Zip(microseconds, (name, value) => $"{name} {value:0.000}")));
        }

        results.Summary(new
        {
            benchmark = "engine",
            engine = _engine,
            batchRows = _batchRows,
            runs,
            ratio = Statistics.Of(ratios),
            paymentsPerSecond = Statistics.Of(payments),
            modelAloneRowsPerSecond = Statistics.Of(aloneRows),
            microsecondsPerPayment = EngineStages.Names.Zip(stages).ToDictionary(pair => pair.First, pair => Statistics.Of(pair.Second)),
            bytesAllocatedPerPayment = Statistics.Of(bytes),
        });
    }

    private (long Decided, long AloneNs, long Allocated) RunChunks(int records)
    {
        _stages.Restart();
        var (decided, aloneNs, allocated) = (0L, 0L, 0L);
        for (var done = 0; done < records; done += ChunkRows)
        {
            for (var i = 0; i < ChunkRows; i++)
            {
                _chunk[i] = _records.MoveNext() ? _records.Current : throw new InvalidOperationException("there are too few records for so many runs; lower --rows, --runs or --warm-up");
            }

            allocated += RunPipeline();
            aloneNs += RunAlone();
            decided += _ready.Sum(ready => ready.Count);
        }

        return (decided, aloneNs, allocated);
    }

    /// <returns>Bytes allocated.</returns>
    private long RunPipeline()
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < _ready.Length; i++)
        {
            var batch = _stages.Take(_chunk.AsSpan(i * _batchRows, _batchRows));
            _stages.Run(batch);
            _ready[i].CopyFrom(batch);
            _stages.Return(batch);
        }

        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    /// <returns>Nanoseconds.</returns>
    private long RunAlone()
    {
        var tookNs = 0L;
        foreach (var ready in _ready)
        {
            var raw = _raw.AsSpan(0, ready.Count);
            var startedNs = ThreadClock.NowNs();
            _alone.Score(ready.Features, _allRows.AsSpan(0, ready.Count), raw);
            tookNs += ThreadClock.NowNs() - startedNs;
            // A benchmark of wrong answers is worth nothing.
            Invariant.Require(raw.SequenceEqual(ready.Raw.AsSpan(0, ready.Count)));
        }

        return tookNs;
    }

    private static double Microseconds(long ns, long rows) => ns / 1000.0 / rows;

    /// <summary>
    /// The features of one batch's payments, side by side, and what the pipeline's model said about
    /// each.
    /// </summary>
    private sealed class ReadyRows(int featureCount, int rowsMax)
    {
        public readonly FeatureMatrix Features = new(featureCount, rowsMax);
        public readonly double[] Raw = new double[rowsMax];

        public int Count { get; private set; }

        public void CopyFrom(PaymentBatch batch)
        {
            var rows = batch.DecideRows.AsSpan(0, batch.DecideCount);
            Count = rows.Length;
            for (var feature = 0; feature < Features.FeatureCount; feature++)
            {
                var from = batch.Features.Column(feature);
                var to = Features.Column(feature);
                for (var i = 0; i < rows.Length; i++)
                {
                    to[i] = from[rows[i]];
                }
            }

            for (var i = 0; i < rows.Length; i++)
            {
                Raw[i] = batch.RawScore[rows[i]];
            }
        }
    }
}
