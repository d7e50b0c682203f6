namespace StreamScoring.Benchmarks;

/// <summary>
/// B1's ratios, run by run: each pipeline run against the bare loop's next to it.
/// </summary>
internal static class B1Summary
{
    public const string Pipeline = "pipeline", Bare = "bare";

    public static int Run(string[] arguments)
    {
        var file = new ResultFile(new BenchmarkOptions(arguments).Required("results"));
        var runs = file.Read<B1Run>().Where(run => run.Contestant is not null).ToList();
        var pairs = runs.Where(run => run.Contestant == Pipeline).Join(runs.Where(run => run.Contestant == Bare), run => run.Run, run => run.Run, (pipeline, bare) => (pipeline, bare)).ToList();
        file.Summary(new
        {
            benchmark = "b1",
            runs = pairs.Count,
            payments = runs[0].Payments,
            ratio = Statistics.Of(pairs.Select(pair => pair.pipeline.PaymentsPerSecond / pair.bare.PaymentsPerSecond)),
            ratioPerCpuSecond = Statistics.Of(pairs.Select(pair => pair.pipeline.PaymentsPerCpuSecond / pair.bare.PaymentsPerCpuSecond)),
            pipelinePaymentsPerSecond = Statistics.Of(pairs.Select(pair => pair.pipeline.PaymentsPerSecond)),
            barePaymentsPerSecond = Statistics.Of(pairs.Select(pair => pair.bare.PaymentsPerSecond)),
            pipelinePaymentsPerCpuSecond = Statistics.Of(pairs.Select(pair => pair.pipeline.PaymentsPerCpuSecond)),
            barePaymentsPerCpuSecond = Statistics.Of(pairs.Select(pair => pair.bare.PaymentsPerCpuSecond)),
        });
        return 0;
    }
}
