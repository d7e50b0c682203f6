using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;
using StreamScoring.Configuration;
using StreamScoring.Deployment.Capacity;
using StreamScoring.Features;
using StreamScoring.Onnx;

namespace StreamScoring.Benchmarks;

/// <summary>
/// Measures what the capacity model (docs/scale.md) is told: CPU of each part of a payment's path
/// by what it depends on, bytes on the wire, and what a snapshot costs. Every part is measured so
/// many times, in turn, and the median counts. What takes a whole process and a broker is given by
/// <c>load-tests/capacity/measure</c>; without it these constants stay as they are in the program.
/// </summary>
internal static class ConstantsBenchmark
{
    private const string File = "src/StreamScoring.Deployment/Capacity/constants.json";
    private const int BatchRows = 256;

    /// <summary>Of a payment with the handbook's fields, as the processes were given.</summary>
    private const double HandbookPaymentBytes = 47;

    public static int Run(string[] arguments)
    {
        var options = new BenchmarkOptions(arguments);
        var (output, runs, keys) = (options.Text("output") ?? File, options.Integer("runs", 3), options.Integer("keys", 300_000));
        var command = options.Text("command") ?? "bench constants";
        var results = new ResultFile(options.Text("results"));
        results.Machine("constants", command);
        var loadAverage = System.IO.File.Exists("/proc/loadavg") ? System.IO.File.ReadAllText("/proc/loadavg").Split(' ')[0] : "";
        var known = CapacityConstants.Embedded;
        var features = FeatureFiles.Load(options.Text("features") ?? "topology/handbook/features.yaml");
        using var model = OnnxModelLoader.LoadFolder(options.Text("model") ?? "topology/handbook/model");

        var measured = new List<CapacityConstants>();
        for (var run = 1; run <= runs; run++)
        {
            Console.Error.WriteLine($"run {run} of {runs}");
            var fold = FoldCosts.Measure(keys);
            var records = RecordCosts.Measure(features.Layout);
            var snapshots = SnapshotCosts.Measure();
            var (scoreNs, decideNs, encodeNs, decisionBytes) = MeasureStages(features, model);
            measured.Add(known with
            {
                DecodeNs = records.DecodeNs,
                DecodeByteNs = records.DecodeByteNs,
                FoldNs = fold.FoldNs,
                FoldEntityNs = fold.FoldEntityNs,
                ReadEntityNs = fold.ReadEntityNs,
                ReadFeatureNs = fold.ReadFeatureNs,
                ExpressionNs = fold.ExpressionNs,
                ScoreNs = scoreNs,
                DecideNs = decideNs,
                EncodeByteNs = encodeNs / decisionBytes,
                SweepKeyNs = snapshots.SweepKeyNs,
                SweepByteNs = snapshots.SweepByteNs,
                SnapshotKeyNs = snapshots.SnapshotKeyNs,
                SnapshotByteNs = snapshots.SnapshotByteNs,
                RestoreKeyNs = snapshots.RestoreKeyNs,
                RestoreByteNs = snapshots.RestoreByteNs,
                PaymentBytes = records.PaymentBytes,
                SmallPaymentBytes = records.SmallPaymentBytes,
                LabelBytes = records.LabelBytes,
                DecisionBytes = decisionBytes - WireSizes.FeaturesBytes(features.Schema),
            });
            results.Append(new { benchmark = "constants", run, constants = measured[^1] with { Measured = null! } });
        }

        var parts = Median(measured);
        var (takeNs, sendNs) = KafkaOf(features, parts, options.Number("followed-ns", double.NaN), options.Number("decided-ns", double.NaN));
        var constants = parts with
        {
            TakeNs = takeNs,
            SendNs = sendNs,
            ProcessBytes = options.Number("process-bytes", known.ProcessBytes),
            Measured = new MeasuredOn(
                command,
                DateTimeOffset.UtcNow.ToString("yyyy-MM-dd'T'HH:mm'Z'", CultureInfo.InvariantCulture),
                Assembly.GetExecutingAssembly().GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "",
                ResultFile.CpuModel() ?? "",
                Environment.ProcessorCount,
                Math.Round(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / (double)(1 << 30), 1),
                RuntimeInformation.OSDescription,
                RuntimeInformation.FrameworkDescription,
                loadAverage,
                $"{model.Name} on {model.Engine}"),
        };
        System.IO.File.WriteAllText(output, constants.ToJson());
        results.Summary(new { benchmark = "constants", runs, constants });
        return 0;
    }

    /// <summary>
    /// What a whole process takes for a payment of the handbook's fields, less the parts that were
    /// measured by themselves.
    /// </summary>
    /// <param name="followedNs">NaN, as the other one, where no process was measured: then the
    /// constants stay.</param>
    private static (double TakeNs, double SendNs) KafkaOf(FeatureFile features, CapacityConstants parts, double followedNs, double decidedNs)
    {
        if (double.IsNaN(followedNs) || double.IsNaN(decidedNs))
        {
            return (parts.TakeNs, parts.SendNs);
        }

        var wire = new WireSizes(HandbookPaymentBytes, parts.LabelBytes, parts.DecisionBytes + WireSizes.FeaturesBytes(features.Schema));
        var costs = CpuCosts.Of(features, features.Layouts(), wire, scoreMicroseconds: null, parts with { TakeNs = 0, SendNs = 0 });
        return (Statistics.Rounded(Math.Max(0, followedNs - costs.Followed)), Statistics.Rounded(Math.Max(0, decidedNs - followedNs - (costs.Decided - costs.Followed))));
    }

    /// <returns>Nanoseconds of a payment of the handbook's world, and the bytes of its
    /// decision.</returns>
    private static (double ScoreNs, double DecideNs, double EncodeNs, double DecisionBytes) MeasureStages(FeatureFile features, OnnxModel model)
    {
        const int warmUp = 300_000, rows = 300_000;
        using var stages = new EngineStages(features, model, [.. model.Inputs.Select(input => features.Schema.IndexOf(input.Name))], BatchRows);
        using var records = GeneratedRecords.Generate(seed: 1).GetEnumerator();
        var (chunk, decided, bytes) = (new BenchmarkRecord[BatchRows], 0L, 0L);
        for (var row = 0; row < warmUp + rows; row += BatchRows)
        {
            if (row / BatchRows == warmUp / BatchRows)
            {
                stages.Restart();
                (decided, bytes) = (0, 0);
            }

            for (var i = 0; i < BatchRows; i++)
            {
                records.MoveNext();
                chunk[i] = records.Current;
            }

            var batch = stages.Take(chunk);
            stages.Run(batch);
            decided += batch.DecideCount;
            foreach (ref readonly var record in batch.Encoded.Records)
            {
                bytes += record.ValueLength;
            }

            stages.Return(batch);
        }

        double Ns(string stage) => stages.TookNs[Array.IndexOf(EngineStages.Names, stage)] / (double)decided;
        Console.Error.WriteLine($"score {Ns("score"):0} ns, decide {Ns("decide"):0} ns, encode {Ns("encode"):0} ns, {bytes / (double)decided:0} bytes a decision");
        return (Ns("score"), Ns("decide"), Ns("encode"), bytes / (double)decided);
    }

    /// <summary>Of each number the median of all runs, four digits of it.</summary>
    private static CapacityConstants Median(List<CapacityConstants> runs)
    {
        var median = runs[0] with { };
        foreach (var property in typeof(CapacityConstants).GetProperties().Where(property => property.PropertyType == typeof(double)))
        {
            property.SetValue(median, Statistics.Rounded(Statistics.Median([.. runs.Select(run => (double)property.GetValue(run)!)])));
        }

        return median;
    }
}
