using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Perfolizer.Horology;
using StreamScoring.MicroBenchmarks;
using StreamScoring.Workloads;

if (args is ["--help", ..])
{
    Console.Error.WriteLine(
        """
        usage: dotnet run -c Release --project load-tests/StreamScoring.MicroBenchmarks -- [--quick] [--results FILE]
          Every stage of a payment's path by itself: CPU time and bytes of the managed heap for each record. From the repository's root.
          --results  writes the figures there, in the place of what it holds; load-tests/results/micro.jsonl is what CI holds bytes to
          --quick    three short iterations of each stage: it says that this works, and no figure of it counts
        """);
    return 2;
}

var (options, isQuick) = (new BenchmarkOptions(args), args.Contains("--quick"));
// In this process, as it is set up as the pipeline's is (Directory.Build.props); one that
// BenchmarkDotNet builds would need the same and a feed.
var job = Job.Default
    .WithToolchain(InProcessEmitToolchain.Instance)
    .WithClock(new ThreadCpuClock())
    .WithIterationTime(TimeInterval.FromMilliseconds(isQuick ? 20 : 200))
    .WithWarmupCount(isQuick ? 1 : 4)
    .WithIterationCount(isQuick ? 3 : 15);
StageBenchmarks.KeepPriority();
var artifacts = Directory.CreateTempSubdirectory("micro").FullName;
try
{
    var scratch = Path.Combine(artifacts, "results.jsonl");
    var file = new ResultFile(scratch);
    file.Machine("micro", isQuick ? $"{MicroBaseline.RenewCommand} --quick" : MicroBaseline.RenewCommand);
    var summary = BenchmarkRunner.Run<StageBenchmarks>(ManualConfig.CreateEmpty()
        .AddJob(job)
        .AddDiagnoser(MemoryDiagnoser.Default)
        .AddColumnProvider(DefaultColumnProviders.Instance)
        .AddLogger(ConsoleLogger.Default)
        .WithArtifactsPath(artifacts));
    if (!MicroReport.Write(summary, file))
    {
        return 1;
    }

    // Only now, so that a run that fails leaves the old figures.
    if (options.Text("results") is { } path)
    {
        File.Copy(scratch, path, overwrite: true);
    }

    return 0;
}
finally
{
    Directory.Delete(artifacts, recursive: true);
}
