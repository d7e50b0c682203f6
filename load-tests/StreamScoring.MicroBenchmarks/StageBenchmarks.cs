using System.Diagnostics;
using BenchmarkDotNet.Attributes;
using StreamScoring.Workloads;

namespace StreamScoring.MicroBenchmarks;

/// <summary>
/// Every stage by itself. An operation is a record, so that stages and batch sizes can be compared.
/// </summary>
public class StageBenchmarks
{
    private static readonly ProcessPriorityClass Priority = Own();

    private StageWorkload? _workload;

    [ParamsSource(nameof(Stages))]
    public string Stage { get; set; } = "";

    public static IEnumerable<string> Stages => StageWorkloads.Names;

    /// <summary>
    /// To be called first, as BenchmarkDotNet raises the process's priority: the one it was started
    /// with is known then.
    /// </summary>
    public static ProcessPriorityClass KeepPriority() => Priority;

    [GlobalSetup]
    public void Open()
    {
        // CPU time is counted, so nothing is won by pushing others aside.
        using var process = Process.GetCurrentProcess();
        process.PriorityClass = Priority;
        _workload = StageWorkloads.Open(Stage, Directory.GetCurrentDirectory());
    }

    [GlobalCleanup]
    public void Close() => _workload?.Dispose();

    [Benchmark(OperationsPerInvoke = StageWorkload.RecordsPerRun)]
    public void Run() => _workload!.Run();

    private static ProcessPriorityClass Own()
    {
        using var process = Process.GetCurrentProcess();
        return process.PriorityClass;
    }
}
