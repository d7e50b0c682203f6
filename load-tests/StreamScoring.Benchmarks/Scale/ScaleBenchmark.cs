using System.Globalization;
using Akka.Actor;
using Akka.Configuration;
using Akka.Streams;
using StreamScoring.Configuration;
using StreamScoring.Onnx;
using StreamScoring.Scoring;

namespace StreamScoring.Benchmarks.Scale;

/// <summary>
/// B7: how the cost of a payment goes with the number of scoring lanes, keys, events of a key,
/// partitions and features. Points of a sweep take turns, run by run, there and back, so that a
/// noisy neighbour meets all of them; of each the median counts. Prints tables; raw results are
/// lines of a file.
/// </summary>
internal static class ScaleBenchmark
{
    public static int Run(string[] arguments)
    {
        var options = new BenchmarkOptions(arguments);
        var isQuick = arguments.Contains("--quick");
        var runs = options.Integer("runs", isQuick ? 3 : 7);
        var results = new ResultFile(options.Text("results"));
        results.Machine("scale", options.Text("command") ?? $"bench scale --runs {runs}{(isQuick ? " --quick" : "")}");
        using var system = ActorSystem.Create("scale", ConfigurationFactory.ParseString("akka { loglevel = OFF, stdout-loglevel = OFF, log-dead-letters = off }"));
        using var materializer = system.Materializer();
        var file = FeatureFiles.Load("topology/handbook/features.yaml");
        using var onnx = OnnxModelLoader.LoadFolder("topology/handbook/model", ScoringEngine.OnnxRuntime);
        using var trees = OnnxModelLoader.LoadFolder("topology/handbook/model");
        var graphPayments = isQuick ? 40_000 : 200_000;
        var records = GeneratedRecords.Generate(seed: 1).Where(record => !record.IsLabel).Take(graphPayments).ToList();
        GraphPoint Graph(OnnxModel model, int partitions, int lanes) => new(materializer, file, model, records, partitions, lanes);

        ScaleSweep[] sweeps =
        [
            new("lanes", "the whole graph on in-memory logs, 4 partitions, 15 handbook features, ONNX Runtime", [1, 2, 4], 0.2, graphPayments,
                lanes => Graph(onnx, partitions: 4, lanes)),
            new("partitions", "the whole graph on in-memory logs, 1 lane, 15 handbook features, the tree kernel", isQuick ? [1, 8, 64] : [1, 2, 4, 8, 16, 32, 64], 0.2, graphPayments,
                partitions => Graph(trees, partitions, lanes: 1)),
            new("features", "fold, read and encode, 4 entities of 10,000 keys", isQuick ? [4, 64, 512] : [4, 8, 16, 32, 64, 128, 256, 512], 1, isQuick ? 10_000 : 50_000,
                features => new FeaturePoint(features)),
            new("events a key", "fold and read, one entity of 100,000 keys, one window", isQuick ? [1, 8, 64] : [1, 2, 4, 8, 16, 32, 64], 0.2, isQuick ? 100_000 : 500_000,
                events => new KeyPoint(100_000, events)),
            new("keys", "fold and read, one entity, one window of two events a key", isQuick ? [10_000, 100_000, 1_000_000] : [10_000, 100_000, 1_000_000, 10_000_000], 0.2, isQuick ? 100_000 : 500_000,
                keys => new KeyPoint(keys, eventsPerKey: 2)),
        ];
        var wanted = options.Texts("sweeps");
        foreach (var sweep in sweeps.Where(sweep => wanted.Count == 0 || wanted.Contains(sweep.Name.Replace(' ', '-'))))
        {
            Measure(sweep, runs, results);
        }

        return 0;
    }

    private static void Measure(ScaleSweep sweep, int runs, ResultFile results)
    {
        Console.Error.WriteLine($"{sweep.Name}: {sweep.What}");
        var points = sweep.Points.Select(sweep.Open).ToList();
        var measures = points.Select(_ => new List<ScaleMeasure>()).ToList();
        try
        {
            // The run before the first does not count: the code of every point is compiled by then.
            for (var run = 0; run <= runs; run++)
            {
                for (var i = 0; i < points.Count; i++)
                {
                    var point = run % 2 == 0 ? i : points.Count - 1 - i;
                    var measure = points[point].Measure(sweep.Payments);
                    if (run > 0)
                    {
                        measures[point].Add(measure);
                        results.Append(new
                        {
                            benchmark = "scale",
                            sweep = sweep.Name,
                            x = sweep.Points[point],
                            run,
                            nsPerPayment = Statistics.Rounded(measure.NsPerPayment),
                            extra = measure.Extra,
                        });
                    }
                }
            }
        }
        finally
        {
            points.ForEach(point => point.Dispose());
        }

        Report(sweep, measures, results);
    }

    private static void Report(ScaleSweep sweep, List<List<ScaleMeasure>> measures, ResultFile results)
    {
        var costs = measures.Select(runs => Statistics.Of(runs.Select(run => run.NsPerPayment))).ToList();
        var line = sweep.Points.Zip(costs, (x, cost) => ((double)x, cost.Median)).ToList();
        var (slope, steepest) = (PowerFit.Slope(line), PowerFit.Steepest(line));
        var extras = measures[0][0].Extra.Keys.ToList();
        double Extra(int point, string name) => Statistics.Median([.. measures[point].Select(run => run.Extra[name])]);

        string Heading(string name) => name.Replace('_', ' ').Replace("mib", "MiB", StringComparison.Ordinal);

        Console.WriteLine($"\n{sweep.Name}: {sweep.What}\n");
        Console.WriteLine($"| {sweep.Name} | ns of CPU a payment | ÷ the first |{string.Concat(extras.Select(name => $" {Heading(name)} |"))}");
        Console.WriteLine($"|---|---|---|{string.Concat(extras.Select(_ => "---|"))}");
        for (var i = 0; i < costs.Count; i++)
        {
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"| {sweep.Points[i]:N0} | {costs[i].Median:N0} ({costs[i].Min:N0}–{costs[i].Max:N0}) | {costs[i].Median / costs[0].Median:0.00} |{string.Concat(extras.Select(name => $" {Extra(i, name):#,0.##} |"))}"));
        }

        var isMet = slope <= sweep.SlopeMax;
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"\nSlope {slope:0.00}, allowed {sweep.SlopeMax:0.0}: {(isMet ? "met" : "**missed**")}. The steepest step: {steepest:0.00}."));
        results.Append(new
        {
            benchmark = "scale",
            sweep = sweep.Name,
            what = sweep.What,
            runs = measures[0].Count,
            payments = sweep.Payments,
            points = sweep.Points.Select((x, i) => new { x, nsPerPayment = costs[i], extra = extras.ToDictionary(name => name, name => Extra(i, name)) }),
            slope = Math.Round(slope, 3),
            steepest = Math.Round(steepest, 3),
            slopeMax = sweep.SlopeMax,
            isMet,
        });
    }
}
