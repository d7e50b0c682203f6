using StreamScoring.Batches;
using StreamScoring.Configuration;
using StreamScoring.Files;
using StreamScoring.Onnx;
using StreamScoring.Scoring;

namespace StreamScoring.Benchmarks;

/// <summary>
/// The tree kernel against ONNX Runtime: one thread, the same model, the same batches of ready
/// rows. The two take turns every 256 rows, so that a noisy neighbour meets both, and time is the
/// thread's CPU time. Every answer is compared.
/// </summary>
internal sealed class TreeBenchmark : IDisposable
{
    /// <summary>
    /// Rows between two passes over the same rows: so many that no branch predictor knows them from
    /// the last time.
    /// </summary>
    private const int PoolRows = 8192;

    /// <summary>
    /// Rows of a turn: so many that reading the clock, a call to the kernel, does not count.
    /// </summary>
    private const int TurnRows = 256;

    private readonly OnnxModel _onnx;
    private readonly OnnxModel _trees;
    private readonly FeatureMatrix _features;
    private readonly ResultFile _results;

    private TreeBenchmark(string folder, string? data, bool isShuffled, ResultFile results)
    {
        var (path, rows) = (Path.Combine(folder, OnnxModelLoader.ModelFile), data ?? Path.Combine(folder, "rows.csv"));
        var columns = ColumnsOf(rows);
        _onnx = OnnxModelLoader.LoadFile(path, columns, OutputKind.Probability, ScoringEngine.OnnxRuntime);
        _trees = OnnxModelLoader.LoadFile(path, columns, OutputKind.Probability);
        if (_trees.Engine != "trees")
        {
            throw new InvalidInputFileException($"{path}: {string.Join("; ", _trees.Notices)}");
        }

        (_features, _results) = (Pool(ScoringTable.Read(rows, _onnx.Inputs), _onnx.Inputs.Count, isShuffled), results);
    }

    public static int Run(string[] arguments)
    {
        var options = new BenchmarkOptions(arguments);
        var results = new ResultFile(options.Text("results"));
        results.Machine("trees", options.Text("command") ?? "trees");
        var folder = options.Required("model");
        var rowKind = options.Text("rows") ?? "real";
        using var benchmark = new TreeBenchmark(folder, options.Text("data"), rowKind == "shuffled", results);
        foreach (var batchRows in options.Texts("batch-rows") is { Count: > 0 } sizes ? sizes.Select(int.Parse) : [1, 8, 32, 64, 256])
        {
            Invariant.Require(TurnRows % batchRows == 0);
            benchmark.Measure(Path.GetFileName(Path.TrimEndingDirectorySeparator(folder)), rowKind, batchRows, options.Integer("passes", 10), options.Integer("runs", 7));
        }

        return 0;
    }

    public void Dispose()
    {
        _onnx.Dispose();
        _trees.Dispose();
    }

    private static List<string> ColumnsOf(string path)
    {
        using var reader = TableReader.Open(path);
        return [.. reader.Columns.Where(column => column != "payment_id")];
    }

    /// <summary>
    /// Rows of a table, drawn at random; shuffled, each feature from a row of its own, which makes
    /// branches harder to foresee.
    /// </summary>
    private static FeatureMatrix Pool(ScoringTable table, int inputCount, bool isShuffled)
    {
        var random = new Random(1);
        var pool = new FeatureMatrix(inputCount, PoolRows);
        for (var row = 0; row < PoolRows; row++)
        {
            var from = random.Next(table.RowCount);
            for (var input = 0; input < inputCount; input++)
            {
                pool.Column(input)[row] = table.Features.Column(input)[isShuffled ? random.Next(table.RowCount) : from];
            }
        }

        return pool;
    }

    private void Measure(string model, string rowKind, int batchRows, int passes, int runs)
    {
        int[] columns = [.. Enumerable.Range(0, _onnx.Inputs.Count)];
        using var onnx = _onnx.OpenLane(columns, batchRows);
        using var trees = _trees.OpenLane(columns, batchRows);
        var (ratios, onnxRow, treeRow) = (new List<double>(), new List<double>(), new List<double>());
        Pass(onnx, trees, batchRows, passes);
        for (var run = 1; run <= runs; run++)
        {
            var (onnxNs, treeNs, rows) = Pass(onnx, trees, batchRows, passes);
            ratios.Add(onnxNs / (double)treeNs);
            onnxRow.Add(onnxNs / 1000.0 / rows);
            treeRow.Add(treeNs / 1000.0 / rows);
            _results.Append(new
            {
                benchmark = "trees",
                model,
                rows = rowKind,
                batchRows,
                run,
                ratio = Statistics.Rounded(ratios[^1]),
                onnxMicrosecondsPerRow = Statistics.Rounded(onnxRow[^1]),
                treesMicrosecondsPerRow = Statistics.Rounded(treeRow[^1]),
            });
        }

        _results.Summary(new
        {
            benchmark = "trees",
            model,
            rows = rowKind,
            batchRows,
            runs,
            ratio = Statistics.Of(ratios),
            onnxMicrosecondsPerRow = Statistics.Of(onnxRow),
            treesMicrosecondsPerRow = Statistics.Of(treeRow),
        });
    }

    private (long OnnxNs, long TreeNs, long Rows) Pass(IScoringLane onnx, IScoringLane trees, int batchRows, int passes)
    {
        var (rows, expected, actual) = (new int[TurnRows], new double[TurnRows], new double[TurnRows]);
        var (onnxNs, treeNs, done) = (0L, 0L, 0L);
        for (var pass = 0; pass < passes; pass++)
        {
            for (var first = 0; first < PoolRows; first += TurnRows)
            {
                for (var i = 0; i < TurnRows; i++)
                {
                    rows[i] = first + i;
                }

                onnxNs += ScoreTurn(onnx, rows, batchRows, expected);
                treeNs += ScoreTurn(trees, rows, batchRows, actual);
                done += TurnRows;
                for (var i = 0; i < TurnRows; i++)
                {
                    // A benchmark of wrong answers is worth nothing.
                    Invariant.Require(Math.Abs(expected[i] - actual[i]) <= 1e-6);
                }
            }
        }

        return (onnxNs, treeNs, done);
    }

    /// <returns>Nanoseconds.</returns>
    private long ScoreTurn(IScoringLane lane, int[] rows, int batchRows, double[] raw)
    {
        var startedNs = ThreadClock.NowNs();
        for (var first = 0; first < rows.Length; first += batchRows)
        {
            lane.Score(_features, rows.AsSpan(first, batchRows), raw.AsSpan(first, batchRows));
        }

        return ThreadClock.NowNs() - startedNs;
    }
}
