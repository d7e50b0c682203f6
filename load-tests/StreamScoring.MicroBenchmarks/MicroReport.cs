using BenchmarkDotNet.Reports;
using StreamScoring.Workloads;

namespace StreamScoring.MicroBenchmarks;

/// <summary>
/// What the benchmarks found, as the baseline holds it. Time is BenchmarkDotNet's; bytes are
/// weighed as the allocation gate weighs them, which BenchmarkDotNet gives as whole bytes only:
/// eight bytes of a batch would be none of a record.
/// </summary>
internal static class MicroReport
{
    /// <returns>False where a stage was not measured.</returns>
    public static bool Write(Summary summary, ResultFile file)
    {
        var results = new List<MicroResult>();
        foreach (var stage in StageWorkloads.Names)
        {
            var report = summary.Reports.SingleOrDefault(report => Equals(report.BenchmarkCase.Parameters[nameof(StageBenchmarks.Stage)], stage));
            if (report?.ResultStatistics is not { } statistics)
            {
                Console.Error.WriteLine($"{stage} was not measured");
                return false;
            }

            using var workload = StageWorkloads.Open(stage, Directory.GetCurrentDirectory());
            var time = new Statistics.Spread(Statistics.Rounded(statistics.Median), Statistics.Rounded(statistics.Min), Statistics.Rounded(statistics.Max));
            results.Add(new MicroResult("micro", stage, time, Math.Round(AllocationMeter.BytesPerRecord(workload), 4)));
        }

        Console.WriteLine("| stage | ns a record | bytes a record |");
        Console.WriteLine("|---|---|---|");
        foreach (var result in results)
        {
            Console.WriteLine(FormattableString.Invariant($"| {result.Stage} | {result.NsPerRecord.Median} ({result.NsPerRecord.Min}–{result.NsPerRecord.Max}) | {result.BytesPerRecord} |"));
        }

        results.ForEach(file.Append);
        return true;
    }
}
